"""One template of several pictures: the mean of a medium's unit templates, then the mean over media."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from facegap.compare.templates import positions
from facegap.records import Rows, Templates

Pooling = Literal["media", "pictures"]

_CHUNK = 1 << 16

LEAST_LENGTH = 1e-6
"""A shorter mean of unit vectors has no direction: its pictures cancel each other out, and the template fails."""


def pool(made: Templates, template: Rows, medium: Rows, member: Rows, pooling: Pooling, samples: int) -> Templates:
    """The templates of pools of pictures; one none of whose pictures has a template is missing.

    Summed in float64 in the order of the pictures. By "media" every medium counts once, however many pictures are of
    it, as in the IJB protocols (Whitelam et al., IARPA Janus Benchmark-B, 2017); by "pictures" every picture does. A
    cosine similarity is of unit vectors, so that the mean is made one; of distances it is taken as it is.

    Args:
        made: of the pictures.
        template, medium, member: (m,) of each picture in a pool: place of the pool, number of the medium, row of the
            picture.
        samples: how many pictures there are.
    """
    at = positions(made, samples)[member]
    there = at >= 0
    template, medium, at = template[there], medium[there], at[there]
    if pooling == "pictures":
        medium = template
    media, of_medium = np.unique(medium, return_inverse=True)
    owner = np.zeros(len(media), dtype=np.int64)
    owner[of_medium] = template
    means = _means(made.vectors, at, of_medium, len(media))
    rows, of_template = np.unique(owner, return_inverse=True)
    vectors = _means(means, np.arange(len(media)), of_template, len(rows))
    if made.similarity == "cosine":
        length = np.linalg.norm(vectors, axis=1)
        rows, vectors, length = (values[length > LEAST_LENGTH] for values in (rows, vectors, length))
        vectors = vectors / length[:, None]
    return Templates(
        rows=rows,
        vectors=np.ascontiguousarray(vectors.astype(np.float32)),
        model=made.model,
        condition=made.condition,
        similarity=made.similarity,
    )


def _means(vectors: npt.NDArray[np.floating], at: Rows, group: Rows, groups: int) -> npt.NDArray[np.float64]:
    """(groups, dim) means of the rows `at`, each of its `group`."""
    total = np.zeros((groups, vectors.shape[1]))
    for start in range(0, len(at), _CHUNK):
        part = slice(start, start + _CHUNK)
        np.add.at(total, group[part], vectors[at[part]].astype(np.float64))
    return np.asarray(total / np.maximum(np.bincount(group, minlength=groups), 1)[:, None])
