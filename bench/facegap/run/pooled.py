"""From pictures to templates of several pictures: what a run counts where its list compares those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from facegap.compare.pooled import pool
from facegap.datasets.copies import Copies
from facegap.datasets.pools import Pools
from facegap.records import Acquisitions, Finding, Mask, Strings, Templates
from facegap.run.inputs import Inputs
from facegap.words import plural

Key = tuple[str, str]


def pooled(
    inputs: Inputs,
    pools: Pools,
    acquired: Mapping[Key, Acquisitions],
    embedded: Mapping[Key, Templates],
) -> tuple[Inputs, dict[Key, Acquisitions], dict[Key, Templates], Copies]:
    """The study with its pools in the place of samples, their acquisitions and templates; none of them is a copy.

    A picture that is there under two people, or twice, is in no pool. A pool is acquired where one of its pictures is;
    one without is a failure, and stays in every denominator.
    """
    n = len(inputs.loaded.samples)
    used = np.ones(len(pools.member), dtype=bool) if inputs.left_out is None else ~inputs.left_out[pools.member]
    template, medium, member = (values[used] for values in (pools.template, pools.medium, pools.member))
    pooling, count = inputs.study.trials.pooling, len(pools.samples)
    made = {key: pool(one, template, medium, member, pooling, n) for key, one in embedded.items()}
    found = {key: _acquired(one, pools, used) for key, one in acquired.items()}
    nothing = Copies(kind=np.full(count, ""), same=(), near=())
    loaded = replace(inputs.loaded, samples=pools.samples)
    said = _said(inputs, pools, used, made)
    return replace(inputs, loaded=loaded, left_out=None, pools=None).remarked(said), found, made, nothing


def _said(inputs: Inputs, pools: Pools, used: Mask, made: Mapping[Key, Templates]) -> Finding:
    rule = "every medium counting once" if inputs.study.trials.pooling == "media" else "every picture counting once"
    count, pictures = len(pools.samples), len(np.unique(pools.member))
    message = (
        f"{plural(count, 'template')} of {plural(len(pools.member), 'picture')} ({pictures} different ones, "
        f"{len(np.unique(pools.medium))} media) are compared: the mean of unit templates, {rule}"
    )
    without = {key: count - len(one.rows) for key, one in made.items()}
    message += "".join(f"; {', '.join(key)}: {lost} without one" for key, lost in without.items() if lost)
    if not used.all():
        message += f"; {plural(int((~used).sum()), 'picture')} left out as copies"
    return Finding(level="warning", rule=f"pooled-{inputs.study.trials.pooling}", message=message, count=count)


def _acquired(of_pictures: Acquisitions, pools: Pools, used: Mask) -> Acquisitions:
    """Of each pool: ok where a picture was acquired, else how its first picture failed."""
    count = len(pools.samples)
    ok = np.zeros(count, dtype=bool)
    ok[pools.template[used & of_pictures.ok[pools.member]]] = True
    first = pools.member[np.searchsorted(pools.template, np.arange(count))]
    sizes = np.bincount(pools.template, minlength=count)
    outcome: Strings = np.where(of_pictures.outcome[first] == "ok", "unreadable", of_pictures.outcome[first])
    reason = [
        f"none of {plural(int(size), 'picture')}; the first: {why or 'left out, since it is there more than once'}"
        for size, why in zip(sizes, of_pictures.reason[first].tolist(), strict=True)
    ]
    return Acquisitions(
        condition=of_pictures.condition,
        detector=of_pictures.detector,
        outcome=np.where(ok, "ok", outcome),
        reason=np.where(ok, "", np.array(reason, dtype=np.str_)),
        box=np.full((count, 4), np.nan, dtype=np.float32),
        landmarks=np.full((count, 5, 2), np.nan, dtype=np.float32),
        quality={},
        sha256=pools.digests(of_pictures.sha256),
    )
