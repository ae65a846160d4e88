"""Evidence from elsewhere, the exchange side: what a vendor is given, and the scores that come back.

`export` writes what is to be compared under ids that tell nothing; `read_listed`, `read_matrix` and `read_candidates`
read scores, and check all of them before anything is counted.
"""

from facegap.outside.candidates import CandidateScores, read_candidates
from facegap.outside.export import Picture, export
from facegap.outside.ids import Ids, ids_of, pair_ids
from facegap.outside.listed import ListedScores, Orientation, read_listed
from facegap.outside.matrix import MatrixScores, read_matrix
from facegap.outside.ofiq import Standard, read_ofiq
from facegap.outside.pictures import as_png, plain_picture
from facegap.outside.protocol import (
    Asked,
    Protocol,
    check_protocol,
    concerned,
    find_protocol,
    orientation_of,
    read_protocol,
    study_digest,
)
from facegap.outside.score import as_score

__all__ = [
    "Asked",
    "CandidateScores",
    "Ids",
    "ListedScores",
    "MatrixScores",
    "Orientation",
    "Picture",
    "Protocol",
    "Standard",
    "as_png",
    "as_score",
    "check_protocol",
    "concerned",
    "export",
    "find_protocol",
    "ids_of",
    "orientation_of",
    "pair_ids",
    "plain_picture",
    "read_candidates",
    "read_listed",
    "read_matrix",
    "read_ofiq",
    "read_protocol",
    "study_digest",
]
