"""How often each verdict is wrong, and how often it sees a ratio of 2: claims, margins, groups against the rest.

    python benchmarks/verdicts.py [replicates] > benchmarks/verdicts.md
    python benchmarks/verdicts.py replicates plan      # the last table alone

Counts are simulated with what real ones have: several comparisons a person that tend to agree (FNMR, beta-binomial),
and pairs that share people (FMR, log-normal people). Then the functions that judge a run judge them. Last, what
`facegap plan --claim` states: four groups with numbers of images drawn for 150 people each are planned, then as many
people as stated are drawn anew, with other numbers of images, and judged at twice and at half of the claimed rate.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from claims_coverage import images

from facegap.cards import load_study
from facegap.claims.margins import judge_margin
from facegap.claims.text import Claim, parse
from facegap.count.groups import heaviest, leverage_sums
from facegap.estimate.accuracy import p_values
from facegap.estimate.at_most import judge
from facegap.estimate.interval import effective_sample
from facegap.estimate.versus_rest import against_rest
from facegap.planning.pilot import DESIGN_EFFECT, Assumed
from facegap.planning.verdicts import Takers, planned_verdicts
from facegap.records import ClusterSums, ErrorCounts, Rows
from facegap.tables.versus_rest import one_test

Rng = np.random.Generator
BASE = ErrorCounts(
    metric="FNMR",
    model="m",
    condition="clean",
    grouping="g",
    group="",
    threshold=0.5,
    errors=0,
    completed=0,
    failed=0,
    subjects=0,
)


def mated(rate: float, people: int, rng: Rng, each: int | Rows = 3, agreement: float = 0.2) -> ErrorCounts:
    """FNMR counts: `each` comparisons a person, with this correlation within a person."""
    size = 1 / agreement - 1
    m = np.broadcast_to(np.asarray(each, dtype=np.int64), people)
    x = rng.binomial(m, rng.beta(rate * size, (1 - rate) * size, people))
    sums = ClusterSums(int(x @ x), int(x @ m), int(m @ m))
    return replace(
        BASE,
        errors=int(x.sum()),
        completed=int(m.sum()),
        subjects=people,
        by_subject=sums,
        leverage=leverage_sums(x, m),
        heaviest=heaviest(x, m),
    )


def nonmated(rate: float, people: int, rng: Rng, spread: float = 0.5, sizes: int | Rows = 2) -> ErrorCounts:
    """FMR counts of all pairs of `people` with so many samples each: rates are products of log-normal people."""
    own = np.exp(rng.normal(-spread * spread / 2, spread, people))
    s = np.broadcast_to(np.asarray(sizes, dtype=np.int64), people)
    i, j = np.triu_indices(people, 1)
    compared = s[i] * s[j]
    x = rng.binomial(compared, np.minimum(rate * own[i] * own[j], 1.0))
    rows = (np.bincount(i, x, people) + np.bincount(j, x, people)).astype(np.int64)
    m = s * (s.sum() - s)
    by_subject = ClusterSums(int(rows @ rows), int(rows @ m), int(m @ m))
    by_pair = ClusterSums(int(x @ x), int(x @ compared), int(compared @ compared))
    counts = replace(BASE, metric="FMR", errors=int(x.sum()), completed=int(compared.sum()), subjects=people)
    return replace(
        counts, by_subject=by_subject, by_pair=by_pair, leverage=leverage_sums(rows, m), heaviest=heaviest(rows, m)
    )


def drawn(metric: str, kind: str, rate: float, people: int, rng: Rng) -> ErrorCounts:
    """Counts of people whose numbers of images are drawn too."""
    sizes = images(kind, people, rng)
    if metric == "FMR":
        return nonmated(rate, people, rng, sizes=sizes)
    compared = (sizes * (sizes - 1) // 2)[sizes > 1]
    return mated(rate, len(compared), rng, each=compared)


PLANNED, PLANNED_PEOPLE, PILOT_PEOPLE = 4, 150, 600


def stated(metric: str, kind: str, rate: float, pilot: bool, rng: Rng) -> list[tuple[int, int]]:
    """What the plan states for each of four groups: people to refute and to support."""
    assumed = Assumed(fnmr=0.02, mated=None, nonmated=DESIGN_EFFECT, people=None, source="")
    if pilot:
        runs = [drawn(metric, kind, rate, PILOT_PEOPLE, rng) for _ in range(9)]
        effect = float(np.median([c.trials / effective_sample(c, 0.95) for c in runs if c.errors]))
        assumed = replace(assumed, mated=effect, nonmated=effect, people=float(PILOT_PEOPLE))
    takers = []
    for group in range(PLANNED):
        sizes = images(kind, PLANNED_PEOPLE, rng).astype(np.int64)
        compared = sizes * (sizes - 1) // 2
        takers.append(Takers(group=f"g{group}", mated=compared, reference=sizes, probe=sizes, symmetric=True))
    claim = parse(f"{metric} <= {rate} in every group at vendor")
    return [
        (row.people_to_refute or 0, row.people_to_support or 0)
        for row in planned_verdicts(claim, load_study("quickstart")[0], takers, assumed)
    ]


def planned(replicates: int) -> Iterator[str]:
    """Lines of the table: of each group the share of the right verdicts with the people that the plan states."""
    seed = 0
    for metric, rate in (("FNMR", 0.01), ("FMR", 0.001)):
        for kind in ("even", "geometric"):
            for pilot in (False, True):
                seed += 1
                people = stated(metric, kind, rate, pilot, np.random.default_rng([77, seed]))
                for side, (verdict, factor) in enumerate((("refuted", 2.0), ("supported", 0.5))):
                    found = np.zeros(PLANNED)
                    for k in range(replicates):
                        rng = np.random.default_rng([seed, side, k])
                        study = [drawn(metric, kind, factor * rate, numbers[side], rng) for numbers in people]
                        found += [row.verdict == verdict for row in judge(study, rate)]
                    yield (
                        f"| claim {100 * rate:g} % {verdict}, rate {100 * factor * rate:g} % | {metric} | {kind} | "
                        f"{'pilot' if pilot else 'assumed'} | {', '.join(str(numbers[side]) for numbers in people)} | "
                        f"{', '.join(f'{100 * share / replicates:.0f}' for share in found)} |"
                    )


def groups(kind: Callable[..., ErrorCounts], rates: list[float], people: int, rng: Rng) -> list[ErrorCounts]:
    return [replace(kind(rate, people, rng), group=f"g{k}") for k, rate in enumerate(rates)]


def share(replicates: int, seed: int, once: Callable[[Rng], bool]) -> float:
    return sum(once(np.random.default_rng([seed, k])) for k in range(replicates)) / replicates


def claim_wrong(
    kind: Callable[..., ErrorCounts], rate: float, people: int, count: int, verdict: str
) -> Callable[[Rng], bool]:
    """Any group gets `verdict` on the claim "at most `rate`" where every rate is just that."""

    def once(rng: Rng) -> bool:
        return any(row.verdict == verdict for row in judge(groups(kind, [rate] * count, people, rng), rate))

    return once


def claim_right(
    kind: Callable[..., ErrorCounts], rate: float, limit: float, people: int, verdict: str
) -> Callable[[Rng], bool]:
    """The verdict on one group whose rate is `rate`."""
    return lambda rng: judge(groups(kind, [rate], people, rng), limit)[0].verdict == verdict


def differs(kind: Callable[..., ErrorCounts], rates: list[float], people: int) -> Callable[[Rng], bool]:
    """Any group is said to differ from the rest after Holm's adjustment."""

    def once(rng: Rng) -> bool:
        rows, _ = against_rest(groups(kind, rates, people, rng))
        return any(row.p_holm < 0.05 for row in one_test(rows))

    return once


def first_differs(kind: Callable[..., ErrorCounts], rates: list[float], people: int) -> Callable[[Rng], bool]:
    def once(rng: Rng) -> bool:
        rows, _ = against_rest(groups(kind, rates, people, rng))
        return one_test(rows)[0].p_holm < 0.05

    return once


def alike(
    kind: Callable[..., ErrorCounts], rates: list[float], people: int, form: str, margin: float, want: str
) -> Callable[[Rng], bool]:
    """The first group's verdict on a margin."""
    claim = Claim(text="", kind=form, metric="FNMR", number=margin, scope="every group", columns=None, threshold=None)  # type: ignore[arg-type]

    def once(rng: Rng) -> bool:
        return next(iter(judge_margin(groups(kind, rates, people, rng), claim, 0.95, 10))).verdict == want

    return once


def accuracy(fmr: float, fnmr: float, limit: float, people: int, side: int) -> Callable[[Rng], bool]:
    """The p-value of one side of the claim on the mean error is below 5 %."""

    def once(rng: Rng) -> bool:
        return p_values(nonmated(fmr, people, rng), mated(fnmr, people, rng), limit)[side] < 0.05

    return once


def main() -> None:
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    if "plan" in sys.argv[2:]:
        print_planned(replicates)
        return
    wrong = [
        ("claim refuted, rate = claim 2 %", "FNMR", "4 groups of 200", claim_wrong(mated, 0.02, 200, 4, "refuted")),
        ("claim supported, rate = claim 2 %", "FNMR", "4 groups of 200", claim_wrong(mated, 0.02, 200, 4, "supported")),
        ("claim refuted, rate = claim 5 %", "FNMR", "1 group of 60", claim_wrong(mated, 0.05, 60, 1, "refuted")),
        ("claim supported, rate = claim 5 %", "FNMR", "1 group of 60", claim_wrong(mated, 0.05, 60, 1, "supported")),
        ("claim refuted, rate = claim 0.1 %", "FMR", "3 groups of 100", claim_wrong(nonmated, 1e-3, 100, 3, "refuted")),
        (
            "claim supported, rate = claim 0.1 %",
            "FMR",
            "3 groups of 100",
            claim_wrong(nonmated, 1e-3, 100, 3, "supported"),
        ),
        ("accuracy refuted, mean error = claim", "both", "1 group of 150", accuracy(1e-3, 0.039, 0.02, 150, 0)),
        ("accuracy supported, mean error = claim", "both", "1 group of 150", accuracy(1e-3, 0.039, 0.02, 150, 1)),
        ("a group differs, all equal 2 %", "FNMR", "2 groups of 200", differs(mated, [0.02] * 2, 200)),
        ("a group differs, all equal 2 %", "FNMR", "6 groups of 100", differs(mated, [0.02] * 6, 100)),
        ("a group differs, all equal 0.1 %", "FMR", "2 groups of 100", differs(nonmated, [1e-3] * 2, 100)),
        ("a group differs, all equal 0.1 %", "FMR", "6 groups of 60", differs(nonmated, [1e-3] * 6, 60)),
        (
            "within ratio 1.5, true ratio 1.5",
            "FNMR",
            "2 groups of 1500",
            alike(mated, [0.06, 0.04], 1500, "ratio", 1.5, "supported"),
        ),
        (
            "not within ratio 1.5, true ratio 1.5",
            "FNMR",
            "2 groups of 1500",
            alike(mated, [0.06, 0.04], 1500, "ratio", 1.5, "refuted"),
        ),
        (
            "within 100 per 10,000, true 100",
            "FNMR",
            "2 groups of 1500",
            alike(mated, [0.04, 0.03], 1500, "difference", 0.01, "supported"),
        ),
    ]
    seen = [
        ("claim 1 % refuted, rate 2 %", "FNMR", "1 group of 400", claim_right(mated, 0.02, 0.01, 400, "refuted")),
        ("claim 4 % supported, rate 2 %", "FNMR", "1 group of 400", claim_right(mated, 0.02, 0.04, 400, "supported")),
        ("claim 0.1 % refuted, rate 0.2 %", "FMR", "1 group of 150", claim_right(nonmated, 2e-3, 1e-3, 150, "refuted")),
        (
            "claim 0.2 % supported, rate 0.1 %",
            "FMR",
            "1 group of 150",
            claim_right(nonmated, 1e-3, 2e-3, 150, "supported"),
        ),
        (
            "the group of ratio 2 differs, 4 % against 2 %",
            "FNMR",
            "2 groups of 600",
            first_differs(mated, [0.04, 0.02], 600),
        ),
        (
            "the group of ratio 2 differs, 4 % against 2 %",
            "FNMR",
            "4 groups of 600",
            first_differs(mated, [0.04, 0.02, 0.02, 0.02], 600),
        ),
        (
            "the group of ratio 2 differs, 0.2 % against 0.1 %",
            "FMR",
            "2 groups of 150",
            first_differs(nonmated, [2e-3, 1e-3], 150),
        ),
        (
            "within ratio 1.5, equal at 4 %",
            "FNMR",
            "2 groups of 3000",
            alike(mated, [0.04, 0.04], 3000, "ratio", 1.5, "supported"),
        ),
    ]
    errors = [100 * np.sqrt(p * (1 - p) / replicates) for p in (0.05, 0.8)]
    print(
        f"# Measured errors and power of verdicts\n\nWritten by `benchmarks/verdicts.py {replicates}`: {replicates} "
        f"replicates a row, level 95 %; Monte Carlo\nstandard error {errors[0]:.1f} points at 5 %, {errors[1]:.1f} at "
        f"80 %. numpy {np.__version__}, Python {platform.python_version()}. FNMR: 3 comparisons a\nperson, correlation "
        "0.2; FMR: all pairs of people with 2 samples each, log-normal people (0.5).\n"
    )
    for title, cases in (
        ("Wrong verdicts: at most 5 % is promised", wrong),
        ("Right verdicts at a ratio of 2 (power)", seen),
    ):
        print(f"## {title}\n\n| verdict | rate | design | share, % |\n|---|---|---|---|")
        for seed, (verdict, rate, design, once) in enumerate(cases):
            print(f"| {verdict} | {rate} | {design} | {100 * share(replicates, seed, once):.1f} |", flush=True)
        print()
    print_planned(max(replicates // 4, 1))


def print_planned(replicates: int) -> None:
    print(
        "## With the people that `facegap plan --claim` states: at least 80 % is promised\n\n"
        f"Written by `benchmarks/verdicts.py {replicates} plan`: {replicates} replicates a row. Four groups; people "
        "and share by group. Images a\nperson: three, or geometric of mean three. Design effect: assumed (all "
        "comparisons of a person agree; 4 for FMR), or\nthat of pilots of 600 people.\n\n"
        "| verdict | rate | images | design effect | people | share, % |\n|---|---|---|---|---|---|"
    )
    for line in planned(replicates):
        print(line, flush=True)


if __name__ == "__main__":
    main()
