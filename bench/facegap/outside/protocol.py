"""What a vendor is asked to compare, as lists under opaque ids, and the record that says which lists those were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from facegap import conditions as chain
from facegap import store
from facegap.cards import ConditionCard, DatasetCard, Study
from facegap.errors import InputError
from facegap.outside.ids import Ids, pair_ids
from facegap.outside.listed import Orientation
from facegap.records import ListedTrials, Mask, Rows, RuledTrials, Samples, Trials
from facegap.trials import SearchTrials

SCHEMA = "facegap-protocol-1"
NAME = "protocol.json"

CLEAN = "clean"

_LARGEST = 1 << 20


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """What a study asks to be compared.

    Attributes:
        study: the digest of what decides the comparisons, `study_digest`.
        samples: all that are in use.
        ids: their names outside.
        trials: the 1:1 comparisons.
        searches: the 1:n protocols, none where the study has none.
        conditions: each with the side that goes through it.
    """

    study: str
    samples: Samples
    ids: Ids
    trials: Trials
    searches: Sequence[SearchTrials]
    conditions: Sequence[ConditionCard]

    @property
    def orientation(self) -> Orientation:
        """Whether reference and probe of a listed pair are told apart: where a condition applies to one of them."""
        return orientation_of(self.conditions)

    @property
    def once(self) -> bool:
        """Whether, of comparisons by rule, one of the two directions of a pair is enough under every condition."""
        return isinstance(self.trials, RuledTrials) and self.trials.symmetric and self.orientation == "drawn"


def orientation_of(conditions: Sequence[ConditionCard]) -> Orientation:
    """ "drawn" where both sides of every comparison go through the same condition, so that a pair has no direction."""
    return "drawn" if all(card.applies_to == "both" or not card.steps for card in conditions) else "of the protocol"


def study_digest(study: Study, dataset: DatasetCard, conditions: Sequence[ConditionCard]) -> str:
    """Hex SHA-256 of what decides who is compared with whom, and of what the pictures go through; not of the models."""
    found = study.model_dump(mode="json")
    identification = found["identification"] or {}
    return store.digest(
        {
            "dataset": [dataset.name, dataset.version, found["dataset"]["subjects"], found["dataset"]["synthetic"]],
            "seed": found["seed"],
            # Where a list of the study's own lies says nothing; what it lists is in the digests of the lists.
            "trials": found["trials"] | ({"pairs": "a file"} if study.trials.file else {}),
            "identification": {key: identification.get(key) for key in ("protocols", "enrolled")},
            "conditions": [[card.name, card.applies_to, chain.digest(card)] for card in conditions],
        }
    )


Lines = Iterator[tuple[str, ...]]


def lists_of(asked: Asked) -> dict[str, Lines]:
    """Name of each list -> its lines, the header first; in the order of the ids, which is nobody's."""
    found = _pairs(asked) if isinstance(asked.trials, ListedTrials) else _sides(asked.ids, asked.trials)
    for one in asked.searches:
        found[f"{one.protocol}/gallery.csv"] = _ids("gallery", asked.ids, one.gallery)
        found[f"{one.protocol}/searches.csv"] = _ids("search", asked.ids, one.probe)
    return found


def _pairs(asked: Asked) -> dict[str, Lines]:
    trials = asked.trials
    assert isinstance(trials, ListedTrials)

    def lines() -> Lines:
        yield "pair", "reference", "probe"
        names = pair_ids(asked.ids, trials)
        exported = asked.ids.exported
        for k in np.argsort(names).tolist():
            sides = [str(exported[side[k]]) for side in (trials.reference, trials.probe)]
            # By their ids, so that the way round in which the list had them tells nothing.
            a, b = sorted(sides) if asked.orientation == "drawn" else sides
            yield str(names[k]), a, b

    return {"pairs.csv": lines()}


def _sides(ids: Ids, trials: RuledTrials) -> dict[str, Lines]:
    return {
        "enrol.csv": _ids("reference", ids, trials.reference),
        "probe.csv": _ids("probe", ids, trials.probe),
    }


def _ids(header: str, ids: Ids, rows: Rows) -> Lines:
    yield (header,)
    for name in np.sort(ids.exported[rows]).tolist():
        yield (name,)


def text_of(lines: Iterable[tuple[str, ...]]) -> Iterator[bytes]:
    """The lines as those of a CSV file."""
    return (f"{','.join(line)}\n".encode() for line in lines)


def used(asked: Asked) -> tuple[Mask, Mask]:
    """(n,) samples that are a reference, or in a gallery; and (n,) those that are a probe, or search."""
    references, probes = (np.zeros(len(asked.samples), dtype=bool) for _ in range(2))
    references[asked.trials.reference] = True
    probes[asked.trials.probe] = True
    for one in asked.searches:
        references[one.gallery] = True
        probes[one.probe] = True
    return references, probes


def concerned(asked: Asked, card: ConditionCard) -> Mask:
    """(n,) samples whose pictures go through a condition; as they are, all that are in use."""
    references, probes = used(asked)
    if card.name == CLEAN or card.applies_to == "both":
        return references | probes
    return references if card.applies_to == "reference" else probes


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The record of an export, `protocol.json`.

    Attributes:
        study: digest of what decides the comparisons.
        secret_id: which secret made the ids.
        date, facegap: when, and by which version.
        lists: name of each list -> its rows and the SHA-256 of the file.
        conditions: name, folder of the references' pictures and of the probes', pictures there, and how many did not
            arrive.
        orientation: see `Asked.orientation`.
        once: see `Asked.once`.
        images: keyed digest over all pictures, "" where none was exported.
        notes: what a vendor or whoever judges the scores should know of the pictures.
    """

    study: str
    secret_id: str
    date: str
    facegap: str
    lists: Mapping[str, Mapping[str, Any]]
    conditions: Sequence[Mapping[str, Any]]
    orientation: str
    once: bool
    images: str = ""
    notes: Sequence[str] = field(default_factory=list)
    schema: str = SCHEMA

    def text(self) -> bytes:
        """As the content of `protocol.json`."""
        return (json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def read_protocol(path: Path) -> Protocol:
    """The record in a `protocol.json`.

    Raises:
        InputError: it cannot be read, or is none.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("too large")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: cannot be read: {why}; expected the {NAME} of `facegap protocol export`") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise InputError(f"{path}: expected a record of the kind {SCHEMA}, as `facegap protocol export` writes it")
    known = {one.name for one in fields(Protocol)}
    missing = sorted(known - set(content))
    if missing or not all(isinstance(content[name], kind) for name, kind in _TYPES.items()):
        raise InputError(
            f"{path}: damaged: {missing[0] if missing else 'a value of another kind'}; use the one written"
        )
    return Protocol(**{name: content[name] for name in known})


_TYPES = {"study": str, "secret_id": str, "lists": dict, "conditions": list, "orientation": str, "once": bool}


def find_protocol(files: Sequence[Path]) -> Path | None:
    """The `protocol.json` beside files of scores, if there is one."""
    return next((path.parent / NAME for path in files if (path.parent / NAME).is_file()), None)


def check_protocol(path: Path, asked: Asked) -> Protocol:
    """The record in `path`, known to be of what this study asks now, under this secret.

    Raises:
        InputError: it cannot be read; or its ids, the study or a list are others.
    """
    found = read_protocol(path)
    if found.secret_id != store.secret_id(asked.ids.secret):
        raise InputError(
            f"{path}: its ids were made with another secret than this machine's; set FACEGAP_SECRET to the one that "
            "exported it"
        )
    now = digests_of(asked)
    for name in sorted(set(now) | set(found.lists)):
        then = found.lists.get(name)
        if then != now.get(name):
            raise InputError(
                f"{path}: {_list(name, then)} when it was exported, {_list(name, now.get(name))} by the study now: "
                "scores of another list; restore the study and its data, or export and score again"
            )
    if found.study != asked.study:
        raise InputError(
            f"{path}: the lists are the same, but the study's conditions, seed or data set are not as they were when "
            "it was exported; restore the study, or export and score again"
        )
    return found


def _list(name: str, entry: Mapping[str, Any] | None) -> str:
    if entry is None:
        return f"no {name}"
    return f"{name} of {entry.get('rows', 0):,} rows ({str(entry.get('sha256', ''))[:8]})"


def digests_of(asked: Asked) -> dict[str, dict[str, Any]]:
    """Name of each list -> its rows, and the SHA-256 of the file that it makes."""
    return {name: counted_digest(text_of(lines), None) for name, lines in lists_of(asked).items()}


def counted_digest(lines: Iterable[bytes], write: Any) -> dict[str, Any]:
    """Rows and SHA-256 of the lines of a list, the first its header; each is given to `write` if there is such."""
    summed, rows = hashlib.sha256(), -1
    for line in lines:
        summed.update(line)
        rows += 1
        if write is not None:
            write(line)
    return {"rows": rows, "sha256": summed.hexdigest()}
