"""The ladder of conditions on real photographs: who is found, who is turned away, down the rungs.

    python benchmarks/ladder.py CARD FOLDER GROUP PEOPLE MODEL...

runs a study of a seeded draw of PEOPLE of the data set in FOLDER under every rung, and prints the share without a
usable face (FTA), the share of genuine comparisons that is turned away (FNMR, failures counted) at the threshold that
lets one impostor comparison in 1,000 pass in the pictures as they are, and the balanced accuracy 1 - (FNMR + FMR) / 2,
for everyone and for the group that is turned away most of those shown; and FTA and FNMR of each group. Tables:
benchmarks/ladder.md.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from facegap import conditions, store
from facegap.schema import RateRow

STUDY = """\
name = "ladder"
title = "the ladder of conditions"
seed = 20261121
conditions = {conditions}
groups = [["{group}"]]
[dataset]
card = "{card}"
subjects = {people}
{models}
[thresholds]
fmr = [1e-3]
vendor = false
"""
MODEL = '[[models]]\ncard = "{name}"\ndetector = "mtcnn"\n'


def run(card: str, root: str, group: str, people: int, models: list[str]) -> Path:
    """The results folder of the study."""
    names = ["clean", *conditions.ladder()]
    text = STUDY.format(
        conditions=str(names).replace("'", '"'),
        group=group,
        card=card,
        people=people,
        models="\n".join(MODEL.format(name=name) for name in models),
    )
    place = Path(tempfile.mkdtemp())
    (place / "ladder.toml").write_text(text, encoding="utf-8")
    words = ["run", str(place / "ladder.toml"), "--root", root, "--results", str(place / "results")]
    subprocess.run([sys.executable, "-m", "facegap", *words], check=True, stdout=subprocess.DEVNULL)
    (folder,) = (place / "results").iterdir()
    return folder


def table(folder: Path, model: str) -> list[str]:
    """The lines of one model's table."""
    rows = [row for row in store.read_rows(folder, RateRow) if row.model == model and row.failures == "counted"]
    lines = [f"| {model} | FTA | FNMR | balanced accuracy | turned away most | its FNMR |", "|---|---|---|---|---|---|"]
    for condition in dict.fromkeys(row.condition for row in rows):
        here = [row for row in rows if row.condition == condition]
        all_of = {row.metric: row.rate or 0.0 for row in here if not row.grouping}
        groups = [row for row in here if row.grouping and row.metric == "FNMR" and row.rate is not None]
        worst = max(groups, key=lambda row: row.rate or 0.0)
        accuracy = 1 - (all_of["FNMR"] + all_of["FMR"]) / 2
        lines.append(
            f"| {condition} | {all_of['FTA']:.3f} | {all_of['FNMR']:.3f} | {accuracy:.3f} | {worst.group} | "
            f"{worst.rate:.3f} ({worst.low:.3f} to {worst.high:.3f}) |"
        )
    return lines


def by_group(folder: Path, model: str) -> list[str]:
    """FTA and FNMR of every group; a dash where too few people stand behind a rate, or it would give one away."""
    rows = [row for row in store.read_rows(folder, RateRow) if row.model == model and row.failures == "counted"]
    rate = {(row.condition, row.group, row.metric): row.rate for row in rows if row.grouping}
    groups = [
        g for g in dict.fromkeys(key[1] for key in rate) if any(rate[key] is not None for key in rate if key[1] == g)
    ]
    lines = [f"| {model}, FTA / FNMR | {' | '.join(groups)} |", f"|---|{'---|' * len(groups)}"]
    for condition in dict.fromkeys(row.condition for row in rows):
        cells = [" / ".join(_shown(rate.get((condition, g, metric))) for metric in ("FTA", "FNMR")) for g in groups]
        lines.append(f"| {condition} | {' | '.join(cells)} |")
    return lines


def _shown(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.3f}"


if __name__ == "__main__":
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    card, root, group, people, *models = sys.argv[1:]
    folder = run(card, root, group, int(people), models)
    for model in models:
        print("\n".join([*table(folder, model), "", *by_group(folder, model), ""]))
