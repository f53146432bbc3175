"""``make test-pythons``: the contract engine on every Python from 3.11 that this machine has.

Interpreters are looked for on PATH, below pyenv and below uv. Each gets a small environment in
``var/pythons`` with the locked libraries of floor 0 and runs ``tests.execution.vm.determinism``
four times: with three seeds of hashes, once with every program compiled anew. All lines must be the
same everywhere. Ends with 1 when they are not, or when only one of several interpreters could run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "pythons"
LIBRARIES = ("cbor2", "cffi", "cryptography", "pqcrypto", "pycparser", "typing-extensions")
RUNS = (("0", ()), ("1", ()), ("random", ()), ("4242", ("--cold",)))
_VERSION = "import sys; print(*sys.version_info[:3], sys.implementation.name, sep='.')"
_LEAST = (3, 11)


def main() -> None:
    """Find, run, compare, report."""
    found = interpreters()
    print(f"{len(found)} interpreters: {', '.join(found)}")
    told: dict[str, list[str]] = {}
    failed = []
    for version, path in found.items():
        try:
            told.update(run(version, path))
        except (subprocess.CalledProcessError, OSError) as error:
            failed.append(version)
            print(f"{version} ({path}) does not run: {error}", file=sys.stderr)
    ran = len(found) - len(failed)
    different = differences(told)
    print("\n".join(different))
    cases = max((len(lines) for lines in told.values()), default=0)
    print(f"{cases} cases, {len(told)} runs on {ran} interpreters: {len(different)} differ")
    if different or failed or ran < min(2, max(1, len(found))):
        raise SystemExit(1)


def interpreters() -> dict[str, Path]:
    """The first of each version, at least 3.11."""
    found: dict[str, Path] = {}
    for path in _candidates():
        asked = subprocess.run(
            [path, "-I", "-c", _VERSION], capture_output=True, text=True, check=False
        )
        match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)\.(\w+)", asked.stdout.strip())
        if match and (int(match[1]), int(match[2])) >= _LEAST:
            found.setdefault(asked.stdout.strip().rpartition(".")[0], path)
    return dict(sorted(found.items(), key=lambda item: [int(n) for n in item[0].split(".")]))


def _candidates() -> Iterator[Path]:
    names = ["python3", *(f"python3.{minor}" for minor in range(11, 20))]
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", home / ".local/share/uv/python"))
    yield from sorted(pyenv.glob("versions/3.*/bin/python3"))
    yield from sorted(uv.glob("*/bin/python3"))
    for folder in os.get_exec_path():
        for name in names:
            # A shim of pyenv runs another interpreter from folder to folder.
            if (path := Path(folder) / name).exists() and "shims" not in path.parts:
                yield path


def run(version: str, path: Path) -> dict[str, list[str]]:
    """The lines of each run on an interpreter."""
    python = environment(version, path)
    told = {}
    for seed, arguments in RUNS:
        command = [python, "-m", "tests.execution.vm.determinism", *arguments]
        where = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=ROOT, env=where, check=True, stdout=subprocess.PIPE, text=True
        )
        name = " ".join([version, f"seed {seed}", *arguments])
        told[name] = done.stdout.splitlines()
        print(f"{name}: {len(told[name])} cases", flush=True)
    return told


def environment(version: str, path: Path) -> Path:
    """The interpreter of an environment with the locked libraries of floor 0."""
    folder = FOLDER / version
    wanted = _locked()
    mark = folder / "installed.txt"
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([path, "-m", "venv", folder], check=True)
        requirements = folder / "requirements.txt"
        requirements.write_text(wanted)
        install: list[str | Path] = [
            folder / "bin" / "python",
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
        ]
        subprocess.run([*install, "--require-hashes", "-r", requirements], check=True)
        mark.write_text(wanted)
    return folder / "bin" / "python"


def _locked() -> str:
    """The part of the lock file that floor 0 needs, with its hashes."""
    text = (ROOT / "requirements/base.txt").read_text()
    entries = re.findall(r"^[\w.-]+==(?:.*\\\n)*.*", text, re.M)
    chosen = [entry for entry in entries if entry.partition("==")[0].lower() in LIBRARIES]
    return "\n".join(chosen) + "\n"


def differences(told: dict[str, list[str]]) -> list[str]:
    """The cases whose lines are not the same in all runs."""
    out = []
    reference = next(iter(told), "")
    for name, lines in told.items():
        for line in sorted(set(lines) ^ set(told[reference])):
            out.append(f"{name} against {reference}: {line}")
    return out


if __name__ == "__main__":
    main()
