"""Which skin tones a population has: typology angles and Monk tones of the people that a spec makes.

    python benchmarks/synth_tones.py [people] [seed]

Prints markdown. "By angle" is the label `monk_derived`; "by colour" is `monk_nearest`, the swatch of the least CIE 1976
difference. Even skin is held against an even histogram by chi-square; measured skin is shown beside.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.stats import chisquare

from facegap.synth import Spec, designs, skin


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for kind in ("even", "measured"):
        spec = Spec(identities=count, seed=seed, skin=kind)
        people = [designs.identity(spec, number) for number in range(count)]
        angle = np.array([person.ita for person in people])
        lightness = np.array([person.lab[0] for person in people])
        by_angle = np.array([skin.monk_of_ita(value) for value in angle])
        by_colour = np.array([skin.monk(person.lab) for person in people])
        print(f"\n### skin = {kind}, {count} people, seed {seed}\n")
        print("| Monk tone | people by angle | ITA from | to | L* from | to | people by colour |")
        print("|---|---|---|---|---|---|---|")
        for tone in range(1, 11):
            here = by_angle == tone
            nearest = int((by_colour == tone).sum())
            if not here.any():
                print(f"| {tone} | 0 | | | | | {nearest} |")
                continue
            a, light = angle[here], lightness[here]
            print(
                f"| {tone} | {here.sum()} | {a.max():.1f} | {a.min():.1f} | {light.max():.1f} | {light.min():.1f} | "
                f"{nearest} |"
            )
        test = chisquare(np.bincount(by_angle, minlength=11)[1:])
        print(f"\nAgainst even counts: chi-square {test.statistic:.2f}, 9 degrees of freedom, p = {test.pvalue:.3g}.")


if __name__ == "__main__":
    main()
