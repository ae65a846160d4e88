"""The command `init`: five questions, and a study that runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from facegap.cli.complete import of_conditions, of_datasets, of_models


def init(
    name: Annotated[str, typer.Argument(help="Name of the new study: NAME.toml in this folder.")] = "my-study",
    dataset: Annotated[
        str | None,
        typer.Option(
            help="Data set: a card's .toml file, or the name of a card in datasets/; synthetic-heads renders people.",
            autocompletion=of_datasets,
        ),
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="Folder that holds the data set's files; none for rendered people.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Recogniser: the name of a card in models/; repeatable.", autocompletion=of_models),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(help="Condition besides clean, such as low-res-jpeg; repeatable.", autocompletion=of_conditions),
    ] = None,
    groups: Annotated[
        list[str] | None,
        typer.Option(help='Compare groups by these label columns, such as "sex" or "ethnicity,sex"; repeatable.'),
    ] = None,
    fmr: Annotated[
        list[float] | None, typer.Option(help="Set a threshold at this false match rate, such as 0.001; repeatable.")
    ] = None,
    detector: Annotated[
        str, typer.Option(help="Detector that finds the faces: a card in models/.", autocompletion=of_models)
    ] = "mtcnn",
    acknowledge_terms: Annotated[
        bool, typer.Option("--acknowledge-terms", help="Say that you read the terms of the data set.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="File that is written; NAME.toml in this folder if not given.")
    ] = None,
) -> None:
    """Ask five questions (data, model, conditions, groups, threshold) and write a study that runs.

    What an option says is not asked; where nobody can be asked, the first choice of each is taken and printed.

    Example: facegap init my-study --dataset lfw --root /data/lfw --model dlib-resnet29 --groups gender
    """
    from facegap.cards import load_dataset
    from facegap.run import parse_groups
    from facegap.run.begin import MOST_GROUPINGS, SYNTHETIC, Answers, begin_study, recognisers

    data = _ask("Which data set? A card in datasets/, or rendered people", dataset, SYNTHETIC)
    folder = root
    if folder is None and data != SYNTHETIC:
        folder = Path(_ask("In which folder are its files?", None, f"data/{data}"))
    models = _several("Which recognisers? Cards in models/, with commas", model, recognisers()[0])
    conditions = _several("Which conditions besides clean? (facegap conditions list; none: empty)", condition, "")
    columns = list(load_dataset(data).groups)[:MOST_GROUPINGS]
    by = groups or _ask(
        f"Groups by which labels? ({', '.join(columns)}; a;b for two groupings)", None, ";".join(columns)
    ).split(";")
    rates = fmr or [_rate(_ask("At which false match rate is the threshold set?", None, "0.001"))]
    answers = Answers(
        name=name,
        dataset=data,
        root=folder,
        models=tuple(models),
        detector=detector,
        conditions=tuple(conditions),
        groups=parse_groups([one for one in by if one]) or (),
        fmr=tuple(rates),
        acknowledge_terms=acknowledge_terms,
    )
    path, to_do = begin_study(answers, out if out is not None else Path(f"{name}.toml"))
    typer.echo(f"study: {path}")
    for line in to_do:
        typer.echo(f"! {line}")
    typer.echo(f"next: facegap plan {path}, then facegap run {path}")


def _ask(question: str, given: str | None, default: str) -> str:
    """What an option said, what somebody types, or the default where nobody is there."""
    if given is not None:
        return given
    if sys.stdin is not None and sys.stdin.isatty():
        return str(typer.prompt(question, default=default))
    typer.echo(f"{question}: {default or 'none'}")
    return default


def _several(question: str, given: Sequence[str] | None, default: str) -> list[str]:
    found = list(given) if given else _ask(question, None, default).split(",")
    return [one.strip() for one in found if one.strip()]


def _rate(text: str) -> float:
    from facegap.errors import InputError

    try:
        return float(text)
    except ValueError:
        raise InputError(f"--fmr: expected a rate above 0 and below 1, such as 0.001, found '{text}'") from None
