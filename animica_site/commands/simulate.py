"""``animica simulate``: questions to the rules, answered by simulation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from animica_site import networks
from animica_site.progress import Progress
from lab import plots
from lab.errors import OutUnwritable
from lab.studies import STUDIES, run
from lab.studies.bench import Bench
from lab.tables import Result


@click.group()
def simulate() -> None:
    """Ask the rules a question and let a simulated network answer."""


def _listed() -> str:
    """The scenarios, for the help text; the mark keeps the lines apart."""
    width = max(len(name) for name in STUDIES)
    rows = [f"  {name:<{width}}  {one.asks}" for name, one in STUDIES.items()]
    return "\b\nScenarios:\n" + "\n".join(rows)


@simulate.command(epilog=_listed())
@click.argument("scenario", type=click.Choice(list(STUDIES)), metavar="SCENARIO")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same run.")
@click.option(
    "--blocks",
    type=click.IntRange(min=1),
    help="Length of one run; each scenario has its own default.",
)
@click.option("--network", "name", default="mainnet", show_default=True, help="A name or a file.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the numbers (JSON) and the plots (SVG) into this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def consensus(
    scenario: str, seed: int, blocks: int | None, name: str, out: Path | None, as_json: bool
) -> None:
    """Simulate SCENARIO with the node's own rules; docs/consensus-lab.md explains the answers."""
    network = networks.load(name)
    if out is not None:
        with _writing(out):
            out.mkdir(parents=True, exist_ok=True)
    study = STUDIES[scenario]
    with Progress(scenario, unit=study.counts) as progress:
        bench = Bench(network, seed, blocks or study.blocks, tell=progress.at)
        result = run(scenario, bench)
    click.echo(json.dumps(result.to_map(), ensure_ascii=False) if as_json else result.text())
    if out is not None:
        with _writing(out):
            _write(result, out)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutUnwritable(f"{folder}: {error.strerror}", path=str(folder)) from None


def _write(result: Result, folder: Path) -> None:
    numbers = folder / f"{result.file_name(result.study)}.json"
    text = json.dumps(result.to_map(), ensure_ascii=False, indent=1)
    numbers.write_text(text + "\n", "utf-8")
    written = [numbers]
    if plots.available():
        written += plots.draw(result, folder)
    elif result.plots:
        click.echo(plots.MISSING, err=True)
    for path in written:
        click.echo(f"wrote {path}", err=True)
