"""``make campaign-faults``: plant a fault, run the suite, and the suite must notice.

Each ``tests/faults/NN-name.patch`` breaks one line of a copy of the tree. Its first lines say what
is broken and which tests must notice:

    # fault: Undo puts the newest of a record's old values back instead of the oldest.
    # suite: tests/chain/test_unit.py

The tests must pass in a copy without the patch, and fail in one with it: by a failed assertion or
an exception inside a test, not by one that cannot be imported or set up.

    python -m tests.campaigns.faults [--named] [--only NN] [--refresh]

Without ``--named`` the whole suite runs against every fault, with it what its patch names.
``--refresh`` writes the patches anew where only the lines around the fault have changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from animica_site.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests/faults"
# Not tracked, but part of what the tests run on.
BUILT = (Path("native/_kernel.so"),)
# These read the patches themselves, which do not apply twice.
ABOUT_PATCHES = "tests/test_faults.py"
LONGEST_S = 3600
REFRESH = ".venv/bin/python -m tests.campaigns.faults --refresh"


@dataclass(frozen=True)
class Fault:
    """A patch, what it breaks, and which tests must notice."""

    path: Path
    sentence: str
    suite: tuple[str, ...]

    @property
    def diff(self) -> str:
        """The patch without the lines about it."""
        text = self.path.read_text()
        return text[text.index("diff --git") :]


@dataclass(frozen=True)
class Verdict:
    """What a run of tests said: exit status, the first test that failed, the first that broke."""

    status: int
    failed: str | None
    broke: str | None


def read(path: Path) -> Fault:
    """A patch with its two lines about itself."""
    about = {}
    for line in path.read_text().split("diff --git")[0].splitlines():
        word, _, value = line.removeprefix("# ").partition(": ")
        about[word] = value.strip()
    if not about.get("fault") or not about.get("suite"):
        raise SystemExit(f"{path.name} must begin with the lines `# fault: …` and `# suite: …`")
    return Fault(path, about["fault"], tuple(about["suite"].split()))


def read_all() -> list[Fault]:
    """Every planted fault."""
    return [read(path) for path in sorted(FOLDER.glob("*.patch"))]


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    """What git tracks or would track, and what was built, in a folder of its own."""
    listed = _git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    names = {Path(name) for name in listed.split("\0") if name}
    with tempfile.TemporaryDirectory(prefix="animica-fault-") as folder:
        copy = Path(folder)
        for name in (*names, *BUILT):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        _git(copy, "init", "--quiet")
        _git(copy, "add", "--all")
        yield copy


def plant(fault: Fault, copy: Path, *, context: int = 1) -> None:
    """Apply a patch; fails with a sentence where it no longer fits."""
    done = _git(copy, "apply", f"-C{context}", "-", text=fault.diff, check=False)
    if done.returncode:
        raise SystemExit(
            f"{fault.path.name} no longer applies: {done.stderr.strip()}\n"
            f"If only the lines around it changed, `{REFRESH}` mends it; otherwise break the line "
            f"as it reads now and put `git diff -U1` below the patch's first two lines."
        )


def run_tests(copy: Path, targets: Sequence[str]) -> Verdict:
    """Run pytest in a copy up to the first failure."""
    report = copy / "report.xml"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += [f"--junitxml={report}", f"--ignore={ABOUT_PATCHES}", *targets]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    done = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LONGEST_S
    )
    if not report.exists():
        print(done.stderr, file=sys.stderr)
        return Verdict(done.returncode, None, "pytest itself")
    cases = list(ElementTree.parse(report).iter("testcase"))
    return Verdict(done.returncode, _first(cases, "failure"), _first(cases, "error"))


def _first(cases: Sequence[ElementTree.Element], kind: str) -> str | None:
    for case in cases:
        if case.find(kind) is not None:
            return f"{case.get('classname')}.{case.get('name')}"
    return None


def judge(fault: Fault, *, named: bool) -> str:
    """The test that noticed the fault; fails with a sentence when none did."""
    with copy_of_the_tree() as copy:
        plant(fault, copy)
        verdict = run_tests(copy, fault.suite if named else ())
    if verdict.failed is None:
        how = f"{verdict.broke} could not be run" if verdict.broke else "all tests passed"
        raise SystemExit(f"{fault.path.name} was not noticed, {how}: {fault.sentence}")
    return verdict.failed


def check_whole_tree(targets: Sequence[str]) -> None:
    """Without a fault the tests pass."""
    with copy_of_the_tree() as copy:
        verdict = run_tests(copy, targets)
    if verdict.status:
        raise SystemExit(f"without a fault {verdict.failed or verdict.broke} fails")


def refresh(fault: Fault) -> None:
    """Write a patch anew from where its line stands now."""
    with copy_of_the_tree() as copy:
        plant(fault, copy, context=0)
        diff = _git(copy, "diff", "-U1").stdout
    about = fault.path.read_text().split("diff --git")[0]
    fault.path.write_text(about + diff)


def _git(
    folder: Path, *arguments: str, text: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=folder, input=text, check=check, capture_output=True, text=True
    )


def main() -> None:
    """Parse the arguments; refresh, or judge every fault."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--named", action="store_true", help="only the tests that a patch names")
    parser.add_argument("--only", default="", help="patches whose name begins so")
    parser.add_argument("--refresh", action="store_true", help="write the patches anew")
    chosen = parser.parse_args()
    faults = [fault for fault in read_all() if fault.path.name.startswith(chosen.only)]
    if not faults:
        raise SystemExit(f"no patch in {FOLDER} is called {chosen.only}…")
    if chosen.refresh:
        for fault in faults:
            refresh(fault)
        return
    named = sorted({target for fault in faults for target in fault.suite})
    check_whole_tree(named if chosen.named else ())
    print("without a fault the tests pass", flush=True)
    with Progress("planting", total=len(faults), unit="faults") as progress:
        for fault in faults:
            print(f"{fault.path.stem}: noticed by {judge(fault, named=chosen.named)}", flush=True)
            progress.advance()
    print(f"{len(faults)} planted faults, all noticed")


if __name__ == "__main__":
    main()
