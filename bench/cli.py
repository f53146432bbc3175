"""``animica bench``: run benchmarks by name, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module

import click

from bench.rows import Row

# Where each benchmark is: a module is imported only in the process that runs it.
BENCHMARKS = {
    "admission": "bench.admission:run",
    "import.sqlite": "bench.imports:run_sqlite",
    "import.postgres": "bench.imports:run_postgres",
    "import.warm": "bench.imports:run_warm",
    "import.growth": "bench.imports:run_growth",
    "rollback": "bench.imports:run_rollback",
    "state_root": "bench.state_root:run",
    "memory": "bench.memory:run",
    "rpc_head": "bench.rpc_head:run",
    "vm.ops": "bench.vm:run_ops",
    "vm.view": "bench.vm:run_view",
    "vm.calls": "bench.calls:run",
    "vm.gas": "bench.vm_gas:run_gas",
    "p2p.compact": "bench.compact:run",
    "p2p.handshake": "bench.sessions:run_handshake",
    "p2p.frames": "bench.sessions:run_frames",
    "p2p.sync_blocks": "bench.sync:run_blocks",
    "p2p.sync_txs": "bench.sync:run_txs",
    "p2p.snapshot": "bench.snapshot_sync:run",
}


def _benchmark(name: str) -> Callable[[int], list[Row]]:
    module, _, function = BENCHMARKS[name].partition(":")
    run: Callable[[int], list[Row]] = getattr(import_module(module), function)
    return run


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

    Those of imports, undoing, state and vm.calls need `make bench-data` once.
    """
    chosen = names or tuple(BENCHMARKS)
    if here:
        for name in chosen:
            for row in _benchmark(name)(scale):
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
