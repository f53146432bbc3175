"""Types a page's commands into a shell, as a new user would: ``python -m tools.run_document PAGE…``

Each page gets a development network of its own and a fresh folder, in which ``contracts`` and
``.venv`` are where they are in the repository. The first command whose output is not what the
page says ends the run, with 1. What pages may state is told in ``tools.documents``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from tools.documents import Step, faults, steps
from tools.shell import Shell, ShellStuck
from workbench.errors import NodeNotStarted
from workbench.node import running

ROOT = Path(__file__).resolve().parent.parent
BLOCK_TIME_S = 0.5
_COMMAND_S = 120.0


class DocumentWrong(Exception):
    """A page says something that is not so; the text says what and where."""


def main(pages: list[str]) -> int:
    """Run the pages; 0 when all that they say is so."""
    if not pages:
        print("usage: python -m tools.run_document PAGE…")
        return 2
    for page in map(Path, pages):
        started = time.monotonic()
        try:
            done = run_with_devnet(page)
        except (DocumentWrong, NodeNotStarted) as wrong:
            print(wrong)
            return 1
        print(f"{page}: {done} commands, {time.monotonic() - started:.0f} s")
    return 0


def run_with_devnet(page: Path) -> int:
    """Run a page against a new development network; the number of commands."""
    with tempfile.TemporaryDirectory(prefix="animica-page-") as made:
        folder = Path(made)
        (folder / "node").mkdir()
        with running(folder / "node", block_time_s=BLOCK_TIME_S) as node:
            return run(page, folder, node.url)


def run(page: Path, folder: Path, url: str) -> int:
    """Run a page in ``folder`` against the node at ``url``; the number of commands.

    Raises ``DocumentWrong``.
    """
    asked = list(steps(page.read_text("utf-8")))
    if not asked:
        raise DocumentWrong(f"{page}: there is nothing to run")
    desk = _desk(folder)
    with Shell(desk, _environment(folder, url)) as shell:
        for step in asked:
            started = time.monotonic()
            print(f"{page.name}:{step.line}: {step.command}", end="", flush=True)
            output, wrong = _typed(shell, step)
            print(f"  ({time.monotonic() - started:.1f} s)", flush=True)
            if wrong:
                told = [f"{page}:{step.line}: {what}" for what in wrong]
                raise DocumentWrong("\n".join([output.rstrip(), *told]))
    return len(asked)


def _typed(shell: Shell, step: Step) -> tuple[str, list[str]]:
    """What a command printed, and what of its page is not so."""
    try:
        status, output = shell.run(step.command, _COMMAND_S)
    except ShellStuck as stuck:
        return str(stuck), ["it does not come to an end"]
    return output, faults(step, status, output, shell.value)


def _desk(folder: Path) -> Path:
    """The folder where a reader stands: the repository's, as far as pages use it."""
    desk = folder / "desk"
    (desk / "var").mkdir(parents=True)
    (desk / "contracts").symlink_to(ROOT / "contracts")
    (desk / ".venv").symlink_to(Path(sys.prefix))
    return desk


def _environment(folder: Path, url: str) -> dict[str, str]:
    """A new user's: a home without wallets, this tree's code, and the node of this run."""
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {
        "PATH": search,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONPATH": str(ROOT),
        "ANIMICA_RPC": url,
        "ANIMICA_WALLET_DIR": str(folder / "wallets"),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
