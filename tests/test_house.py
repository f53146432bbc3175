"""The house kept in order: what linters cannot see, read from the text of the tree.

What counts as the tree is what git tracks or would track, so build products are no part of it.
"""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SLICES = (
    *("audit", "chain", "consensus", "mempool", "mining", "p2p", "rpc", "explorer"),
    "animica_site",
)
PRIVATE = {"models", "store"}
MAX_MODULE_LINES = 600
LOCKS = ("base", "dev", "uv")


@cache
def tree() -> tuple[Path, ...]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    paths = sorted({ROOT / name for name in listed.split("\0") if name})
    files = tuple(path for path in paths if path.is_file())
    assert ROOT / "pyproject.toml" in files
    return files


def text_of(path: Path) -> str | None:
    """The file's text, or None when it is not text."""
    data = path.read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def python_files() -> list[Path]:
    return [path for path in tree() if path.suffix == ".py"]


def sources() -> list[Path]:
    """Modules of the product, without tests and what the migration writer made."""
    names = [(path, path.relative_to(ROOT).parts) for path in python_files()]
    return [path for path, parts in names if parts[0] != "tests" and "migrations" not in parts]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ------------------------------------------------------------------ slices


def foreign_models(package: str, source: str) -> list[str]:
    """Each ``get_model`` call that names another slice, or a slice it does not spell out."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", None))
        if called != "get_model":
            continue
        first = node.args[0] if node.args else None
        label = first.value if isinstance(first, ast.Constant) else None
        if not isinstance(label, str) or label.split(".")[0] != package:
            found.append(f"line {node.lineno}: get_model({label!r})")
    return found


def test_the_search_for_foreign_models_finds_them():
    assert foreign_models("rpc", 'apps.get_model("chain", "Block")')
    assert foreign_models("rpc", 'django.apps.apps.get_model("chain.Block")')
    assert foreign_models("rpc", "apps.get_model(label)")
    assert not foreign_models("chain", 'apps.get_model("chain", "Block")')


def test_no_slice_reaches_another_slices_tables_by_name():
    found = [
        f"{name(path)} {row}"
        for path in sources()
        for row in foreign_models(path.relative_to(ROOT).parts[0], path.read_text())
    ]
    assert not found, "\n".join(found)


def imported_modules(path: Path) -> set[str]:
    """Dotted names a module imports, ``from a import b`` counted as both ``a`` and ``a.b``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_models_and_store_are_imported_inside_their_slice_only():
    """import-linter guards the slices it lists; this holds for every slice, also later ones."""
    found = []
    for path in sources():
        own = path.relative_to(ROOT).parts[0]
        for module in imported_modules(path):
            parts = module.split(".")
            if parts[0] in SLICES and parts[0] != own and PRIVATE & set(parts[1:2]):
                found.append(f"{name(path)} imports {module}")
    assert not found, "\n".join(found)


# ------------------------------------------------------------------ sizes and places


def test_no_module_is_too_long_to_read():
    long = {name(path): len(path.read_text().splitlines()) for path in python_files()}
    assert not {path: lines for path, lines in long.items() if lines > MAX_MODULE_LINES}


# Written in pieces, so that this file does not find itself.
PLACES = re.compile(
    r"(?<![\w.$}~])/(?:root|home|Users|work|farm|opt)/[\w.]|\b" + "shared" + r"/",
)


def test_the_search_for_places_finds_them():
    for text in ("/" + "home/ann/x", "see " + "shared" + "/design", "(/" + "root/.venv)"):
        assert PLACES.search(text)
    assert not PLACES.search("https://example.org/home/x")


def test_no_file_names_a_place_on_one_machine():
    found = []
    for path in tree():
        for number, line in enumerate((text_of(path) or "").splitlines(), 1):
            if PLACES.search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


# ------------------------------------------------------------------ lock files


def pins(lock: str) -> dict[str, str]:
    """``name==version`` with its marker → the hashes below it, one string."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    found: dict[str, str] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", "\n" + text):
        if match := re.match(r"[A-Za-z0-9._-]+(?:\[[^]]*\])?==[^\\\n]+", block):
            found[match.group().strip()] = block
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_has_hashes(lock):
    rows = pins(lock)
    assert rows
    assert not [row for row, block in rows.items() if "--hash=sha256:" not in block]


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_hold_only_pins(lock):
    for line in (ROOT / "requirements" / f"{lock}.txt").read_text().splitlines():
        assert "://" not in line and " @ " not in line
        assert re.match(r"(\s*#|\s+--hash=sha256:[0-9a-f]{64}|[A-Za-z0-9._-]+==|$)", line), line


def test_the_development_lock_contains_the_base_lock():
    assert set(pins("base")) <= set(pins("dev"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_wanted_requirement_is_locked(lock):
    wanted = (ROOT / "requirements" / f"{lock}.in").read_text().splitlines()
    names = {re.split(r"[\[=<>]", row)[0].strip().lower() for row in wanted if row[:1].isalpha()}
    locked = {re.split(r"[\[=]", row)[0].lower() for row in pins(lock)}
    assert names
    assert not names - locked


# ------------------------------------------------------------------ documents

MARKDOWN_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def markdown_files() -> list[Path]:
    return [path for path in tree() if path.suffix == ".md"]


def test_links_between_documents_lead_somewhere():
    found = []
    for path in markdown_files():
        for target in MARKDOWN_LINK.findall(path.read_text()):
            if "://" not in target and not (path.parent / target).exists():
                found.append(f"{name(path)}: {target}")
    assert not found, "\n".join(found)


def test_documents_name_only_targets_that_make_has():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    found = []
    for path in markdown_files():
        spans = re.findall(r"`([^`\n]+)`", path.read_text())
        named = [t for span in spans for t in re.findall(r"(?:^|\s)make ([a-z-]+)", span)]
        for target in named:
            if target not in targets and not target.startswith("campaign-"):
                found.append(f"{name(path)}: make {target}")
    assert targets
    assert not found, "\n".join(found)


def test_every_decision_is_listed():
    index = (ROOT / "docs" / "README.md").read_text()
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert decisions
    assert [path.name[:4] for path in decisions] == [
        f"{number:04}" for number in range(1, len(decisions) + 1)
    ]
    assert not [path.name for path in decisions if f"decisions/{path.name}" not in index]
