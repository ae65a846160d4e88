"""Write the small set that is committed for tests: 24 people, a photo and a selfie each.

python -m facegap.synth.small datasets/synthetic-heads/small
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from facegap import store
from facegap.synth.designs import Spec
from facegap.synth.generate import MANIFEST, render_population

SMALL = Spec(identities=24, sessions=("studio", "window"), quality=90)


def main(out: Path) -> None:
    """Pictures, manifest and spec; the rows that make a folder resumable are left out."""
    with tempfile.TemporaryDirectory() as scratch:
        manifest = render_population(SMALL, Path(scratch))
        for path in (manifest, manifest.parent / "spec.json", *sorted((manifest.parent / "images").iterdir())):
            target = out / path.relative_to(manifest.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            store.write_atomic(target, path.read_bytes())
    print(f"{out / MANIFEST}: {SMALL.identities} people")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
