"""Evidence from elsewhere, the exchange side: what a vendor is given, and the scores that come back.

`export` writes what is to be compared under ids that tell nothing; `read_listed`, `read_matrix` and `read_candidates`
read scores, and check all of them before anything is counted.
"""

from facegap.outside.candidates import CandidateScores, read_candidates
from facegap.outside.ids import Ids, ids_of, pair_ids
from facegap.outside.listed import ListedScores, read_listed
from facegap.outside.matrix import MatrixScores, read_matrix
from facegap.outside.score import as_score

__all__ = [
    "CandidateScores",
    "Ids",
    "ListedScores",
    "MatrixScores",
    "as_score",
    "ids_of",
    "pair_ids",
    "read_candidates",
    "read_listed",
    "read_matrix",
]
