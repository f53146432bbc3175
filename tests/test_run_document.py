"""The runner of documents goes red when a page is wrong; the pages it runs cover the library."""

from __future__ import annotations

import re
import shutil
import time

import pytest

from tools import run_document
from tools.documents import Step, faults, steps
from tools.run_document import ROOT, DocumentWrong
from tools.shell import Shell, ShellStuck

PAGES = ("quickstart.md", "tour.md")


def run(folder, *lines: str) -> int:
    page = folder / "page.md"
    page.write_text("\n".join(["Text.", "", "```sh", *lines, "```", ""]), "utf-8")
    made = folder / "made"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    return run_document.run(page, made, "http://127.0.0.1:9")


def wrong(folder, *lines: str) -> str:
    with pytest.raises(DocumentWrong) as caught:
        run(folder, *lines)
    return str(caught.value)


# ------------------------------------------------------------------ what a page states


def test_a_page_that_is_right_passes(tmp_path):
    lines = ["A=$(echo 8)", "echo   a $A", "# → a 8", "# → a …", "cd /", "pwd", "# → /"]
    lines += ["echo $A", "# → $A", "echo no >&2; false", "# refused: no", "echo one \\", "  two"]
    assert run(tmp_path, *lines, "# → one two") == 7


@pytest.mark.parametrize("said", ["9", "", "18", "8 and more", "…9", "$NOTHING"])
def test_another_output_is_told_with_its_line(tmp_path, said):
    told = wrong(tmp_path, "true", "", "echo 8", f"# → {said}")
    assert "page.md:6: no line of the output is" in told
    assert told.startswith("8")


def test_part_of_a_line_is_not_the_line(tmp_path):
    assert "no line" in wrong(tmp_path, "echo 18", "# → 8")


def test_a_refusal_that_does_not_happen_is_told(tmp_path):
    assert "it is not refused" in wrong(tmp_path, "echo too late", "# refused: too late")


def test_a_refusal_for_another_reason_is_told(tmp_path):
    told = wrong(tmp_path, "echo counter.step; false", "# refused: counter.owner")
    assert "does not say: counter.owner" in told


def test_a_command_that_fails_without_being_said_to_is_told(tmp_path):
    assert "exit status 3" in wrong(tmp_path, "echo 8; (exit 3)", "# → 8")
    assert "exit status 1" in wrong(tmp_path, "X=$(false)")


def test_the_first_wrong_command_ends_the_run(tmp_path):
    wrong(tmp_path, "false", f"touch {tmp_path}/later")
    assert not (tmp_path / "later").exists()


@pytest.mark.parametrize("command", ["echo 'open", "exit", "kill -9 $$"])
def test_a_command_that_breaks_the_shell_is_told(tmp_path, command):
    assert "page.md:4: it " in wrong(tmp_path, command)


def test_a_command_gets_no_answers(tmp_path):
    assert "exit status 1" in wrong(tmp_path, "read answer")


def test_a_page_without_commands_is_no_success(tmp_path):
    assert "nothing to run" in wrong(tmp_path, "# a comment", "make devnet")


def test_only_blocks_for_the_shell_are_run():
    page = "```python\nx\n```\n\n```sh\na\n# a comment\nb\n# refused: c\n```\n"
    assert list(steps(page)) == [Step(6, "a"), Step(8, "b", (), "c")]


def test_what_stands_for_anything_and_for_a_variable():
    step = Step(1, "x", ("Event Counted(who=$BOB, count=…)",))
    told = "Event    Counted(who=anim1b, count=8)\n"
    assert faults(step, 0, told, {"BOB": "anim1b"}.__getitem__) == []
    assert faults(step, 0, told, {"BOB": "anim1c"}.__getitem__)


# ------------------------------------------------------------------ the shell


def test_a_command_that_does_not_end_is_stopped(tmp_path):
    started = time.monotonic()
    with Shell(tmp_path, {"PATH": "/usr/bin:/bin"}) as shell, pytest.raises(ShellStuck) as caught:
        shell.run("echo begun; sleep 60", 1)
    assert "begun" in str(caught.value)
    assert time.monotonic() - started < 20


# ------------------------------------------------------------------ the pages


def section(name: str) -> str:
    """What the tour does with a contract."""
    text = (ROOT / "docs" / "contracts" / "tour.md").read_text("utf-8")
    title = name.replace("_", " ")
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.S | re.M | re.I)
    return found


@pytest.mark.parametrize("name", [path.stem for path in (ROOT / "contracts").glob("*.py")])
def test_the_tour_deploys_uses_and_is_refused_by_each_contract(name):
    asked = list(steps(section(name)))
    assert any(f"{name}.py" in step.command and " deploy " in step.command for step in asked)
    assert any(" send " in step.command and step.outputs for step in asked)
    assert any(step.refusal for step in asked)


def test_make_runs_the_pages():
    rows = (ROOT / "Makefile").read_text("utf-8").splitlines()
    (target,) = [at for at, row in enumerate(rows) if row.startswith("test-documents:")]
    assert all(f"docs/contracts/{page}" in rows[target + 1] for page in PAGES)
    (check,) = [at for at, row in enumerate(rows) if row.startswith("check: ##")]
    assert any("test-documents" in row for row in rows[check : check + 10])
