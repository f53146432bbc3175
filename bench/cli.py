"""``animica bench``: run benchmarks by name, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import click

from bench.rows import Row


def _admission(scale: int) -> list[Row]:
    from bench import admission

    return admission.run(scale)


def _import_sqlite(scale: int) -> list[Row]:
    from bench import imports

    return imports.run_sqlite(scale)


def _import_postgres(scale: int) -> list[Row]:
    from bench import imports

    return imports.run_postgres(scale)


def _state_root(scale: int) -> list[Row]:
    from bench import state_root

    return state_root.run(scale)


def _rpc_head(scale: int) -> list[Row]:
    from bench import rpc_head

    return rpc_head.run(scale)


BENCHMARKS: dict[str, Callable[[int], list[Row]]] = {
    "admission": _admission,
    "import.sqlite": _import_sqlite,
    "import.postgres": _import_postgres,
    "state_root": _state_root,
    "rpc_head": _rpc_head,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(BENCHMARKS)))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--scale",
    default=1,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Multiply the amount of data or time.",
)
@click.option("--here", is_flag=True, hidden=True, help="Run in this process.")
def bench(names: tuple[str, ...], as_json: bool, scale: int, here: bool) -> None:
    """Run the benchmarks NAMES (all without names); ratios first.

    The import and state_root benchmarks need `make bench-data` once.
    """
    chosen = names or tuple(BENCHMARKS)
    if here:
        for name in chosen:
            for row in BENCHMARKS[name](scale):
                click.echo(row.json() if as_json else row.line())
        return
    failed = [name for name in chosen if not _run_apart(name, as_json, scale)]
    if failed:
        raise click.ClickException(f"failed: {', '.join(failed)}")


def _run_apart(name: str, as_json: bool, scale: int) -> bool:
    """A fresh process for each: its own Django, caches and database."""
    command = [sys.executable, "-m", "animica_site", "bench", name, "--here"]
    command += ["--scale", str(scale)] + (["--json"] if as_json else [])
    return subprocess.run(command, check=False).returncode == 0
