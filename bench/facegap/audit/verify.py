"""Verify: hash everything again, compute again all that follows from the kept evidence, and name each difference."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from facegap import datasets, pipeline, schema, store, synth, tables
from facegap.audit.cards import card_differences
from facegap.audit.case import Case, Drawn, Lines
from facegap.audit.consistent import evidence_differences
from facegap.audit.manifest import manifest_differences, protocol_differences, study_differences, trusted
from facegap.audit.page import page_differences
from facegap.audit.verified import Check, Remark, Unknown, Verified
from facegap.cards import DatasetCard, Study, card_names, card_path, load_dataset, load_study, read_toml
from facegap.cards.outside import OUTSIDE
from facegap.datasets.asked import drawn as drawn_samples
from facegap.datasets.pools import Pools
from facegap.errors import FacegapError, MissingError, StoreError
from facegap.evidence import Evidence, age_gaps, evidence_files, keyed_images, read_evidence
from facegap.evidence.sealed import KEPT
from facegap.records import RunManifest, Samples
from facegap.schema import Row, cells_of, names_of
from facegap.version import __version__

MOST_RENDERED = 100_000
"""Synthetic pictures that are rendered to verify a run."""

SHOWN = 5
"""Differing cells that are named per table before "and n more"."""

RELATIVE = 1e-9
"""Largest relative difference of a recomputed rate: another machine's logarithm may round otherwise."""


def verify(
    run: Path,
    root: Path | None = None,
    inputs: bool = True,
    drawn: Drawn | None = None,
    secret: Path | None = None,
    outside: Sequence[Path] = (),
) -> list[str]:
    """One line per difference, and per thing that could not be checked; none where the run holds what it says.

    See `examine`, which tells the two apart.
    """
    found = examine(run, root, inputs, drawn, secret, outside)
    return [*found.differences, *found.unknown, *(found.notes if found.differences else ())]


def examine(
    run: Path,
    root: Path | None = None,
    inputs: bool = True,
    drawn: Drawn | None = None,
    secret: Path | None = None,
    outside: Sequence[Path] = (),
    tell: Callable[[Check], None] = lambda _: None,
    progress: pipeline.Progress | None = None,
) -> Verified:
    """Hash everything again, compute again all that follows from the kept evidence, and compare.

    Args:
        run: a finished results folder.
        root: folder of the data set, where it is not where it was on this machine.
        inputs: compare the data set's files and the weights too.
        drawn: draws page and figures again; None leaves them out.
        secret: file of the secret that keys the digests of images, where this machine's own is another.
        outside: files of scores or templates that arrived, where they are not where they were on this machine.
        tell: is told of every check when it is done.
        progress: shows each check while it runs.

    Raises:
        StoreError: the folder is no finished run, or holds something else than plain files; or the secret is not the
            run's.
    """
    done: list[Check] = []

    def add(name: str, says: str, lines: Callable[[], Lines]) -> None:
        with (progress or _silent)(f"verify {name}", 1) as advance:
            done.append(_checked(run, name, says, lines))
            advance(1)
        tell(done[-1])

    add(
        "files",
        "every file is as SHA256SUMS says, none is missing, none was added",
        lambda: store.sums_differences(run),
    )
    digest = store.run_digest(run)
    case = _case(run, root, drawn, add)
    if case is None:
        return Verified(run=run.name, digest=digest, checks=tuple(done))
    key = _secret(case.manifest, secret)
    for name, says, check in CHECKS:
        add(name, says, partial(check, case))
    add(
        "cards",
        "model, data set and condition cards are those of their names here",
        partial(card_differences, case, inputs),
    )
    if inputs:
        if case.evidence.study.runs_nets:
            add(
                "weights",
                "the weights on this machine are those that ran",
                partial(_inputs, partial(_weights, case.manifest)),
            )
        if case.evidence.study.outside:
            add(
                "arrived",
                "the scores and templates on this machine are those that were counted",
                partial(_inputs, partial(_arrived, case.manifest, outside)),
            )
        images = partial(_images, case, key)
        add("images", "images, labels, roles and people are those that were measured", partial(_inputs, images))
    made_by = case.manifest.versions.get("facegap")
    notes = () if case.same_version else (f"note: the run was made by facegap {made_by}, this is {__version__}",)
    return Verified(run=run.name, digest=digest, checks=tuple(done), trusted=tuple(trusted(case.manifest)), notes=notes)


def _checked(run: Path, name: str, says: str, lines: Callable[[], Lines]) -> Check:
    """The check, whatever happens in it."""
    found: list[str] = []
    try:
        found.extend(lines())
    except FacegapError as error:
        if name == "files":
            raise
        found.append(" ".join(str(error).split()))
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        OSError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        # Whoever changed a file may have changed its sum too; nothing that a file holds ends in a traceback.
        line = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        found.append(f"{run.name}: its files contradict each other: {line}")
    return Check(
        name=name,
        says=says,
        differences=tuple(line for line in found if not isinstance(line, (Unknown, Remark))),
        unknown=tuple(line for line in found if isinstance(line, Unknown)),
        remarks=tuple(line for line in found if isinstance(line, Remark)),
    )


def _case(run: Path, root: Path | None, drawn: Drawn | None, add: Callable[..., None]) -> Case | None:
    """The run as read, or None where it cannot be."""
    read: list[Case] = []

    def lines() -> Lines:
        manifest = store.read_manifest(run)
        evidence = read_evidence(run, manifest)
        read.append(Case(run=run, manifest=manifest, evidence=evidence, root=root, drawn=drawn))
        return ()

    add("contents", "manifest and evidence can be read", lines)
    return read[0] if read else None


def _names(case: Case) -> Iterator[str]:
    """Whether the folder holds the files of such a run, and no other."""
    left = _added_since(case.run)
    wanted = {store.MANIFEST, store.SUMS, "study.toml", *evidence_files(case.evidence)}
    wanted |= {f"tables/{row.table}.csv" for row in tables.TABLES if row.table not in left}
    wanted |= {KEPT} if case.manifest.sealed else set()
    wanted |= {f"tables/{tables.NOTICE}"} if case.manifest.banners else set()
    found = {name for name in store.plain_files(case.run) if not store.is_drawn(name)}
    dictionary = f"tables/{tables.DICTIONARY}"
    wanted |= {dictionary} if case.same_version else found & {dictionary}
    yield from (f"{name}: missing; a run writes it" for name in sorted(wanted - found))
    for name in sorted(found - wanted):
        line = f"{name}: no file of such a run"
        yield line if case.same_version else Unknown(f"{line} in this version")


def _texts(case: Case) -> Iterator[str]:
    """What stands beside the tables: what must be said with them, and what their columns are."""
    manifest, folder = case.manifest, case.run / "tables"
    notices = [manifest.banners] if case.same_version else [manifest.banners, manifest.banners[:-1]]
    notice = folder / tables.NOTICE
    if manifest.banners and notice.read_bytes() not in [("\n".join(lines) + "\n").encode() for lines in notices]:
        yield f"tables/{tables.NOTICE}: not the banners of manifest.json"
    dictionary = folder / tables.DICTIONARY
    if dictionary.exists() and dictionary.read_bytes() != schema.dictionary().encode():
        line = f"tables/{tables.DICTIONARY}: not the data dictionary of this version"
        yield line if case.same_version else Remark(f"{line}, and the run says that another made it")


def _parent(case: Case) -> Iterator[str]:
    """Whether the run that this one was derived from, where it lies beside it, is still the one that it names."""
    named = case.manifest.derived_from
    if not named:
        yield Remark("none: it was measured, not derived from another run")
        return
    store.check_name(str(named["run"]), "manifest.json: derived_from.run")
    parent = case.run.resolve().with_name(named["run"])
    if not parent.is_dir():
        yield Remark(f"{parent.name} is not beside it, and was not looked at")
    elif store.sha256_file(parent / store.SUMS) != named["sha256sums"]:
        yield f"derived from {parent.name}, but the run of that name beside it is another one"


def _tables(case: Case) -> Iterator[str]:
    left = _added_since(case.run)
    if left:
        made_by = case.manifest.versions.get("facegap")
        yield Remark(f"made by facegap {made_by}, which did not write these tables of {__version__}: {', '.join(left)}")
    for row, computed in tables.build(case.evidence).items():
        if row.table not in left:
            path = store.table_path(case.run, row)
            yield from _table(row, computed, store.read_table(path))
            yield from _form(row, path, case)


def _form(row_class: type[Row], path: Path, case: Case) -> Iterator[str]:
    """Whether the file is written as a table is: these columns, these cells, no other bytes."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = list(csv.reader(file)) or [[]]
    columns = list(names_of(row_class))
    if header != columns and (case.same_version or not set(columns) <= set(header)):
        yield f"tables/{row_class.table}.csv: columns {', '.join(header)[:200]}, expected {', '.join(columns)}"
    elif any(len(line) != len(header) for line in lines):
        yield f"tables/{row_class.table}.csv: a row has more or fewer cells than there are columns"
    elif path.read_bytes() != store.cells_text(_as_written(row_class, header, lines)).encode():
        yield f"tables/{row_class.table}.csv: not in the form in which a run writes it"


def _as_written(row_class: type[Row], header: list[str], lines: list[list[str]]) -> Iterator[list[str]]:
    """The cells, each text as a run writes it."""
    texts = {column.name for column in schema.columns_of(row_class) if column.kind == "text"}
    yield header
    for line in lines:
        cells = zip(header, line, strict=True)
        yield [store.guarded(store.unguarded(cell)) if name in texts else cell for name, cell in cells]


def _table(row_class: type[Row], computed: Sequence[Row], found: Sequence[Mapping[str, str]]) -> Iterator[str]:
    name, columns = row_class.table, names_of(row_class)
    if len(computed) != len(found):
        yield f"tables/{name}.csv: {len(found)} rows, recomputed {len(computed)}"
        return
    lines = [
        f"tables/{name}.csv: row {number}, {column}: says {row.get(column)!r}, recomputed {cell!r}"
        for number, (wanted, row) in enumerate(zip(computed, found, strict=True), start=2)
        for column, cell in zip(columns, cells_of(wanted), strict=True)
        if not _same(cell, row.get(column))
    ]
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"tables/{name}.csv: and {len(lines) - SHOWN} more cells"


def _added_since(run: Path) -> tuple[str, ...]:
    """Tables that an earlier version than this may not have written, and the run lacks; none of this version's own.

    Raises:
        StoreError: the folder is no finished run.
    """
    if store.read_manifest(run).versions.get("facegap") == __version__:
        return ()
    lacks = (row for row in tables.TABLES if not row.always and not store.table_path(run, row).exists())
    return tuple(row.table for row in lacks)


def _same(computed: Any, found: str | None) -> bool:
    if found is None:
        return False
    if computed is None:
        return found == ""
    if isinstance(computed, float):
        try:
            return math.isclose(computed, float(found), rel_tol=RELATIVE, abs_tol=1e-15)
        except ValueError:
            return False
    return str(computed) == found


def _inputs(lines: Callable[[], Iterator[str]]) -> Iterator[str]:
    """What `lines` finds; what is not on this machine is not known."""
    try:
        yield from lines()
    except (MissingError, NotGiven) as error:
        yield Unknown(f"inputs: {error}")
    except FacegapError as error:
        yield f"inputs: {error}"


class NotGiven(StoreError):
    """Nobody said where the data set lies."""


def _weights(manifest: RunManifest) -> Iterator[str]:
    """The run's own weights, in the cache or beside the cards; the cards on this machine may have changed since."""
    for entry in manifest.models:
        if entry["kind"] in OUTSIDE:
            continue
        digests, files = entry["file_sha256"], {"net": entry["file"], **entry.get("files", {})}
        if isinstance(digests, str):
            digests = {"net": digests}
        for part, sha256 in digests.items():
            found = [path for path in _places(entry["name"], files.get(part), sha256) if path.is_file()]
            if not any(store.sha256_file(path) == sha256 for path in found):
                what = "another file than the run's" if found else "the run's file is not on this machine"
                line = f"{entry['kind']} '{entry['name']}': {what} (sha256 {sha256}); pull or pin it, or --no-inputs"
                yield line if found else Unknown(line)


def _arrived(manifest: RunManifest, given: Sequence[Path]) -> Iterator[str]:
    """The files of models that others ran: those that the user gives, by what is in them, or where they lay."""
    known, digests = store.remembered(manifest.run_id), {}
    for path in given:
        if not path.is_file():
            raise NotGiven(f"{path}: no such file")
        digests[store.sha256_file(path)] = path
    wanted = [(entry, file) for entry in manifest.models for file in entry.get("given", ())]
    for entry, file in wanted:
        place = Path(known.get(file["sha256"], ""))
        searched = f"{file['searches']} searches, " if "searches" in file else ""
        what = f"{entry['kind']} of '{entry['name']}', {searched}{file['condition']}: {file['file']}"
        if file["sha256"] in digests or (place.is_file() and store.sha256_file(place) == file["sha256"]):
            continue
        if place.is_file() and not given:
            yield f"{what}: another file than the run's (sha256 {file['sha256']}) lies where it was"
        else:
            yield Unknown(f"{what}: not on this machine (sha256 {file['sha256']}); give it with --outside FILE")
    strange = [path for sha256, path in digests.items() if sha256 not in {file["sha256"] for _, file in wanted}]
    yield from (f"{path}: no file that this run counted" for path in strange)


def _places(name: str, file: str | None, sha256: str) -> Iterator[Path]:
    yield store.weights_path(sha256)
    if file is not None and name in card_names("models"):
        path = card_path("models", name)
        own = read_toml(path)
        # The run kept the name of the file; the card says in which folder beside it that is.
        yield path.parent / file
        for one in (own.get("file"), *dict(own.get("files", {})).values()):
            if isinstance(one, str) and Path(one).name == file:
                yield path.parent / one


@contextmanager
def _silent(_stage: str, _total: int) -> Iterator[pipeline.Advance]:
    yield lambda _: None


def _secret(manifest: RunManifest, given: Path | None) -> bytes | None:
    """The secret of the run: the given one, or this machine's; None where neither is.

    Raises:
        StoreError: the given one cannot be read, or is another run's.
    """
    wanted = str(manifest.dataset.get("secret_id", ""))
    if given is None:
        return store.known_secret(wanted)
    secret = store.read_secret(given)
    if store.secret_id(secret) != wanted:
        raise StoreError(f"{given}: not the secret of run {manifest.run_id}; ask whoever made it")
    return secret


def _images(case: Case, secret: bytes | None) -> Iterator[str]:
    manifest, evidence = case.manifest, case.evidence
    known = store.remembered(manifest.run_id)
    name = _card(evidence.study, known)
    if name not in card_names("datasets") and not Path(name).is_file():
        raise NotGiven(f"images not compared: the card of dataset '{name}' is not on this machine")
    card = load_dataset(name)
    folder = case.root if case.root is not None else _root(evidence, manifest, known)
    loaded = datasets.load(card, folder, images=evidence.study.runs_nets)
    # An analysis states rates by fewer conditions than its run kept.
    study = evidence.study.model_copy(update={"observed": tuple(evidence.samples.observed)})
    pictures = drawn_samples(study, loaded.samples)
    samples, unlisted, pools = _with_list(pictures, study, card, folder, known)
    yield from unlisted
    if unlisted and study.trials.templates:
        return
    if len(samples) != len(evidence.samples):
        yield f"dataset '{card.name}': {len(samples)} samples, the run had {len(evidence.samples)}"
        return
    if secret is None:
        yield Unknown(f"images: {_NO_SECRET if 'secret_id' in manifest.dataset else _NOT_KEYED}")
    found = evidence.images
    if secret is not None:
        sha256 = pipeline.hash_files(pictures, 2)
        found = keyed_images(sha256 if pools is None else pools.digests(sha256), secret)
    absent = (found == "") & (evidence.images != "") & (not evidence.study.runs_nets)
    if absent.any():
        yield Unknown(f"dataset '{card.name}': {int(absent.sum())} image files are not on this machine")
    changed = evidence.samples.ids[(found != evidence.images) & ~absent].tolist()
    if changed:
        yield f"dataset '{card.name}': {len(changed)} image files differ from the run's, first sample {changed[0]}"
    for column, values in evidence.samples.groups.items():
        if column not in samples.groups or (samples.groups[column] != values).any():
            yield f"dataset '{card.name}': labels of '{column}' differ from the run's"
    if (samples.roles != evidence.samples.roles).any():
        yield f"dataset '{card.name}': roles differ from the run's"
    yield from _recorded(samples, evidence, card.name)
    # Names are hashed with a secret, so that who is who can be compared, not what anybody is called.
    people = {*zip(samples.subjects.tolist(), evidence.samples.subjects.tolist(), strict=True)}
    if not len(people) == len(set(samples.subjects)) == len(set(evidence.samples.subjects)):
        yield f"dataset '{card.name}': who is on which image differs from the run's"
    for column, values in evidence.samples.relations.items():
        if unlisted and column not in card.linked:
            continue
        theirs = samples.relations.get(column, np.full(len(samples), ""))
        families = {*zip(theirs.tolist(), values.tolist(), strict=True)}
        if not len(families) == len(set(theirs)) == len(set(values)) or ((theirs == "") != (values == "")).any():
            yield f"dataset '{card.name}': who is related by '{column}' differs from the run's"
    refused = manifest.samples["refused"]
    if len(loaded.refused) != refused:
        yield f"dataset '{card.name}': {len(loaded.refused)} samples refused, the run had {refused}"
    elif Counter(loaded.refused.values()) != Counter(manifest.refused):
        yield f"dataset '{card.name}': samples are refused for other reasons than the run's"


def _recorded(samples: Samples, evidence: Evidence, name: str) -> Iterator[str]:
    """Whether what was observed of the pictures, and the years between them, are still those of the run."""
    for condition, values in evidence.samples.observed.items():
        if condition not in samples.observed or (samples.observed[condition] != values).any():
            yield f"dataset '{name}': observed '{condition}' differs from the run's"
    kept = evidence.gaps
    found = age_gaps(samples, evidence.comparisons.values(), kept.cuts) if kept is not None else None
    if kept is not None and (found is None or not np.array_equal(found.bin, kept.bin)):
        yield f"dataset '{name}': years between two pictures differ from the run's"


_NO_SECRET = "the secret that keys their digests is not on this machine; give it with --secret FILE"
_NOT_KEYED = "an earlier version made this run, and its digests of images are not keyed"


def _with_list(
    samples: Samples, study: Study, card: DatasetCard, folder: Path, known: Mapping[str, str]
) -> tuple[Samples, list[str], Pools | None]:
    """What the study compares: the samples with the relations that its list names, or templates of several, with what
    those are pooled of; and a line where the list is not to be found.
    """
    rule = study.trials
    if rule.file is not None:
        places = [known.get("list", ""), *(known.get(f"templates {k}", "") for k in range(len(rule.templates)))]
        if not all(Path(place).is_file() for place in places):
            return samples, [Unknown("inputs: the study's own list of comparisons is not on this machine")], None
        rule = rule.model_copy(update={"pairs": places[0], "templates": tuple(places[1:])})
    pairs = datasets.asked_pairs(rule, Path(), card, folder, samples)
    if pairs is None:
        return samples, [], None
    if pairs.pools is not None:
        return pairs.pools.samples, [], pairs.pools
    return datasets.related(samples, pairs), [], None


def _card(study: Study, known: Mapping[str, str]) -> str:
    """The data set's card by name, or the file that it was read from on this machine."""
    file = known.get("card", "")
    return file if file.endswith(".toml") and Path(file).is_file() else study.dataset.card


def _root(evidence: Evidence, manifest: RunManifest, known: Mapping[str, str]) -> Path:
    """The data set's folder: rendered again, where it lay on this machine, or where the study in configs/ says.

    Raises:
        NotGiven: there is no such file, or it names no folder; or too much would be rendered.
        StoreError: the run has not as many samples as its study renders.
    """
    study = evidence.study
    if study.dataset.synthetic is not None:
        _require_rendered(study, manifest)
        return pipeline.rendered(study.dataset.synthetic, study.backend.threads, _silent)
    if "root" in known:
        return Path(known["root"])
    if study.name in card_names("configs"):
        own, file = load_study(study.name)
        if own.dataset.root is not None:
            return (file.parent / own.dataset.root).resolve()
    raise NotGiven(
        "images not given: where the data set lies is not known here; give --root, or --no-inputs to leave it out"
    )


def _require_rendered(study: Study, manifest: RunManifest) -> None:
    """Refuse to render more than the run can have measured; a manifest may ask for a thousand million people."""
    assert study.dataset.synthetic is not None
    spec = synth.Spec(**study.dataset.synthetic.model_dump())
    pictures = spec.identities * sum(1 for _ in synth.shots(spec, 0))
    measured = sum(manifest.samples[name] for name in ("samples", "refused"))
    if study.dataset.subjects is None and study.trials.images_per_person is None and pictures != measured:
        raise StoreError(f"the study renders {pictures:,} pictures, the run measured {measured:,}")
    if pictures > MOST_RENDERED:
        raise NotGiven(f"images not given: {pictures:,} pictures are too many to render here; give --root")


CHECKS: tuple[tuple[str, str, Callable[[Case], Lines]], ...] = (
    ("names", "the folder holds the files of such a run, and no other", _names),
    ("study", "the resolved study is that of study.toml", study_differences),
    ("manifest", "what follows from study, evidence and cards is as manifest.json says", manifest_differences),
    ("protocol", "the sealed protocol is whole, and the run departs from it as it says", protocol_differences),
    ("parent", "the run that this one was derived from is the one beside it", _parent),
    ("evidence", "the kept scores and outcomes agree with each other and with the study's rules", evidence_differences),
    ("tables", "every table is what the kept scores give", _tables),
    ("texts", "NOTICE.txt and the data dictionary are what they should be", _texts),
    ("page", "page and figures are what the tables give", page_differences),
)
"""What is computed again from the results folder alone: name, what holds where nothing differs, and the check."""
