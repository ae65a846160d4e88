"""README.txt of an export: what to do, and the forms in which scores are read."""

from __future__ import annotations

from facegap.outside.protocol import Protocol
from facegap.words import plural

_SCORES = """\
SCORES
------
Write text in UTF-8, one comparison a line, the header first, numbers with a decimal point and as many digits as your
product has (nine tell single precision exactly). An empty score is a comparison that failed; a column `reason` may say
why. Every comparison has one line. Several files together are one set. Parquet with the same columns is read as well.
"""

_PAIRS = """\
Compare the two pictures of every line of pairs.csv.

    pair,score,reason
    p0123456789abcdef,0.7312,
    pfedcba9876543210,,no face found

or, in place of the pair's id, its two pictures: reference,probe,score{direction}
"""

_EVERY = """\
Compare every picture of enrol.csv with every picture of probe.csv, never a picture with itself.{once}

    reference,probe,score
    i0123456789abcdef,ifedcba9876543210,0.7312

or a NumPy matrix (.npy, float16, float32 or float64, NaN where a comparison failed), a row for each line of enrol.csv
and a column for each of probe.csv, together with those two lists in the order of its rows and columns.
"""

_SEARCHES = """\
Enrol the pictures of {name}/gallery.csv, one a person, and search each picture of {name}/searches.csv.
Hand back as many candidates as your product has, the most alike first:

    search,rank,gallery,score
    i0123456789abcdef,1,ifedcba9876543210,0.7312

A search that failed has one line with nothing but its id (`i0123456789abcdef,,,`). One that finds nobody has one line
of rank 0 without a candidate, whose score is the one that nobody reached (`i0123456789abcdef,0,,0.5`). A picture of the
gallery that cannot be enrolled has one line with nothing but its id in its column (`,,ifedcba9876543210,`).
"""

_LEFT = """\
WHAT THE PICTURES STILL SAY
---------------------------
Names, dates, places, EXIF, comments and thumbnails are gone, and so is every label. What belongs to the pixels is
still there: width and height, the way they were compressed, the numbers of a colour profile. Pictures of other kinds
than JPEG, PNG and WebP were saved again, without loss, as PNG. Ids and the order of every list and folder are drawn
with a secret key: they tell neither who is who nor which pictures are of one person. Please do not try to find out who
they are.
"""


def readme(protocol: Protocol) -> str:
    """The text for whoever scores these comparisons."""
    parts = ["WHAT THIS IS\n------------\nPictures of faces and lists of comparisons, under ids that say nothing.\n"]
    parts += [_pictures(protocol), "WHAT TO DO\n----------\n"]
    if "pairs.csv" in protocol.lists:
        free = protocol.orientation == "drawn"
        direction = (
            " (either way round)" if free else "\nKeep reference and probe as they are: the two are not the same."
        )
        parts.append(_PAIRS.format(direction=direction))
    else:
        once = "\nOne score is enough for the two directions of a pair." if protocol.once else ""
        parts.append(_EVERY.format(once=once))
    parts += [_SEARCHES.format(name=name.partition("/")[0]) for name in protocol.lists if name.endswith("searches.csv")]
    parts.append(_SCORES)
    parts.append(
        "Say with it: whether more alike is higher (similarity) or lower (distance), the range that scores can\n"
        "have, your threshold and the false match rate that you state for it. Send protocol.json back as well.\n"
    )
    if protocol.images:
        parts.append(_LEFT)
    return "\n".join(parts)


def _pictures(protocol: Protocol) -> str:
    if not protocol.images:
        return (
            "PICTURES\n--------\nOnly lists are here: the pictures are those that you were given under the same ids.\n"
        )
    lines = [
        f"{entry['name']}: references in {entry['reference']}/, probes in {entry['probe']}/"
        + (f"; {plural(entry['missing'], 'picture')} did not arrive: give no score there" if entry["missing"] else "")
        for entry in protocol.conditions
    ]
    several = (
        "Score the lists once for each of these, and write a file of scores for each, with its name in the file's:\n"
        if len(lines) > 1
        else ""
    )
    return "PICTURES\n--------\nThe picture of an id is the file of that name.\n" + several + "\n".join(lines) + "\n"
