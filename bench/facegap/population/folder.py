"""The folder of a population: the mix, the table, and from which run it is; the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from facegap import store
from facegap.cards import Population
from facegap.schema import PopulationRow, dictionary
from facegap.version import __version__

SAID, MIX = "population.json", "population.toml"


def write_population(run: Path, asked: Population, text: str, rows: Sequence[PopulationRow], results: Path) -> Path:
    """Write the folder below `results`; the folder that is there already where the same was computed before.

    Raises:
        StoreError: it cannot be written, or a folder of that name holds something else.
    """
    manifest = store.read_manifest(run)
    said = {
        "facegap": __version__,
        "run": manifest.run_id,
        "digest": store.run_digest(run),
        "population": asked.name,
        "title": asked.title,
        "sha256": store.sha256_bytes(text.encode()),
        "models": list(dict.fromkeys(row.model for row in rows)),
    }
    name = f"population-{asked.name[:40]}-{store.digest(said)[:8]}"
    final = results / name
    if final.exists() and not store.sums_differences(final):
        return final
    with store.new_run(results, name) as (folder, _):
        store.write_json(folder / SAID, said)
        store.write_atomic(folder / MIX, text.encode())
        store.write_rows(folder, PopulationRow, rows)
        store.write_atomic(folder / "tables" / "README.md", dictionary([PopulationRow.table]).encode())
        if manifest.banners:
            notice = "\n".join(manifest.banners) + "\n"
            store.write_atomic(folder / "tables" / "NOTICE.txt", notice.encode())
    return final
