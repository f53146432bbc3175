"""``animica doctor``: it names what is wrong, ranks it, and changes nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.site.nodes import ANIMICA, ROOT, START_S, environment


def doctor(data_dir: Path, *options: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ANIMICA, "doctor", "--network", "fast", "--data-dir", str(data_dir), *options],
        cwd=ROOT, env={**environment(), **extra}, capture_output=True, text=True, timeout=START_S,
    )  # fmt: skip


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, str]]:
    return {finding["id"]: finding for finding in json.loads(done.stdout)}


def test_a_place_where_nothing_is_yet(tmp_path: Path) -> None:
    done = doctor(tmp_path / "none", "--json")
    assert done.returncode == 0, done.stderr
    levels = {id: finding["level"] for id, finding in findings(done).items()}
    assert levels["signatures"] == levels["python"] == levels["database"] == "ok"
    assert not (tmp_path / "none").exists()


def test_the_kernel_in_use_is_shown(tmp_path: Path) -> None:
    done = doctor(tmp_path, ANIMICA_KERNEL="portable")
    assert done.returncode == 0
    assert "! kernel" in done.stdout and "apt-get install gcc" in done.stdout
    assert findings(doctor(tmp_path, "--json", ANIMICA_KERNEL="portable"))["kernel"]["level"] == (
        "warning"
    )


def test_what_is_broken_comes_first_and_is_an_exit_code(tmp_path: Path) -> None:
    if "DATABASE_URL" in os.environ:
        pytest.skip("breaks a file that this run does not have")
    os.chmod(tmp_path, 0o755)
    (tmp_path / "node_key.json").write_text("{}")
    (tmp_path / "node_key.json").chmod(0o644)
    with sqlite3.connect(tmp_path / "node.sqlite3") as database:
        database.execute("CREATE TABLE nothing_of_ours (x)")
    done = doctor(tmp_path, "--json")
    assert done.returncode == 1
    listed = json.loads(done.stdout)
    assert [[each["id"], each["level"]] for each in listed[:2]] == [
        ["identity", "error"],
        ["migrations", "error"],
    ]
    assert listed[0]["hint"] and listed[1]["hint"]
    assert findings(done)["data-dir"]["level"] == "warning"


def test_a_choice_of_kernel_that_means_nothing_is_told(tmp_path: Path) -> None:
    done = doctor(tmp_path, ANIMICA_KERNEL="fast")
    assert done.returncode == 1
    assert "node.kernel_choice" in done.stderr and "Traceback" not in done.stderr
