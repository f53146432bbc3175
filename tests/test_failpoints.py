"""Fail points stand where they should: each once, and one after every write of ledger and pool."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import failpoints

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "chain", "consensus", "mempool", "mining", "animica_site", "rpc", "explorer")
# sql and pg are the means by which the others write, snapshot only opens and ends what reads.
WRITERS = [
    path
    for path in sorted((*(ROOT / "chain/store").glob("*.py"), ROOT / "mempool/store.py"))
    if path.name not in ("sql.py", "pg.py", "snapshot.py")
]
READS = {"rows", "one", "rows_in", "is_postgres", "Table"}
BARE = {("copy", "write"), ("cursor", "execute"), ("cursor", "executemany")}
MODEL_WRITES = {"delete", "update", "save", "create", "bulk_create", "bulk_update"}


def reached(node: ast.AST) -> str | None:
    """The name that a ``reach`` call passes."""
    if isinstance(node, ast.Expr):
        node = node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reach":
        (argument,) = node.args
        assert isinstance(argument, ast.Constant), "a fail point's name is written out"
        return argument.value
    return None


def reached_in(tree: ast.AST) -> list[str]:
    """Every name that is reached below a node."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [name for call in calls if (name := reached(call))]


def writes(node: ast.AST) -> bool:
    """Whether this is a call that writes rows."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner, verb = node.func.value, node.func.attr
    if isinstance(owner, ast.Name):
        if owner.id in ("sql", "pg"):
            return verb not in READS
        # A table of the module's own: a constant in capitals.
        if owner.id.isupper():
            return verb not in {"names", "on_conflict"}
        if (owner.id, verb) in BARE:
            return True
    return "objects" in ast.unparse(owner) and verb in MODEL_WRITES


def bare_writes(body: list[ast.stmt], covered: bool = False) -> Iterator[ast.stmt]:
    """Statements that write and are followed by no fail point; a loop's point may follow it."""
    for index, statement in enumerate(body):
        last = index + 1 == len(body)
        followed = covered if last else reached(body[index + 1]) is not None
        blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        blocks += [handler.body for handler in getattr(statement, "handlers", [])]
        if any(blocks):
            definition = isinstance(statement, ast.FunctionDef | ast.ClassDef)
            for block in blocks:
                yield from bare_writes(block, followed and not definition)
        elif not followed and any(writes(node) for node in ast.walk(statement)):
            yield statement


def test_every_write_is_followed_by_a_fail_point():
    found = [
        f"{path.relative_to(ROOT)}:{statement.lineno}: {ast.unparse(statement)[:80]}"
        for path in WRITERS
        for statement in bare_writes(ast.parse(path.read_text()).body)
    ]
    assert not found, "no fail point follows\n" + "\n".join(found)


def test_the_search_for_bare_writes_finds_them():
    covered = """
def f():
    for x in y:
        sql.run(x)
    reach('a')
    _TX.write(y)
    reach('b')
"""
    assert not list(bare_writes(ast.parse(covered).body))
    for bare in (
        "sql.run('DELETE')",
        "if x:\n    sql.delete_in(t)\nreturn_ = 1\nreach('a')",
        "def f():\n    _TX.write(x)\nreach('a')",
        "PoolTx.objects.filter(a=1).delete()",
        "n = sql.run(x)\nreach_not('a')",
        "with cursor.copy(x) as copy:\n    copy.write(y)",
        "cursor.execute(x)",
    ):
        assert list(bare_writes(ast.parse(bare).body)), bare


def atomic_blocks(tree: ast.AST) -> Iterator[tuple[ast.With, ast.stmt | None]]:
    """Every ``with transaction.atomic()`` and the statement after it."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for index, statement in enumerate(body if isinstance(body, list) else []):
            if isinstance(statement, ast.With) and "atomic" in ast.unparse(statement.items[0]):
                yield statement, body[index + 1] if index + 1 < len(body) else None


def test_every_transaction_has_a_point_where_it_begins_and_one_after_its_commit():
    count = 0
    for path in [*WRITERS, ROOT / "chain/service.py", ROOT / "chain/loading.py"]:
        for block, after in atomic_blocks(ast.parse(path.read_text())):
            count += 1
            names = reached_in(block)
            begun = [name for name in names if name.endswith(".begun")]
            assert len(begun) == 1, f"{path}:{block.lineno}"
            committed = begun[0].replace("begun", "committed")
            # A unit's is reached in its commit hook, before memory follows.
            hooked = "on_commit" in ast.unparse(block)
            assert hooked or (after is not None and reached(after) == committed), path
            assert committed in failpoints.POINTS
    assert count >= 5


def test_every_name_is_reached_in_one_place():
    found = Counter(
        name
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for name in reached_in(ast.parse(path.read_text()))
    )
    assert found == Counter(failpoints.POINTS)


def test_without_a_hook_nothing_happens_and_with_one_it_hears_the_name():
    heard: list[str] = []
    failpoints.reach("unit.begun")
    failpoints.install(heard.append)
    try:
        failpoints.reach("unit.begun")
    finally:
        failpoints.install(None)
    failpoints.reach("unit.finished")
    assert heard == ["unit.begun"]


@pytest.mark.parametrize("name", failpoints.POINTS)
def test_names_are_a_place_and_what_has_just_happened_there(name):
    place, _, event = name.partition(".")
    assert place.isalpha() and event.isalpha()


def test_the_document_lists_every_point_in_order():
    text = (ROOT / "docs/operations/crash-safety.md").read_text()
    assert tuple(re.findall(r"^\| `([a-z.]+)` \|", text, re.M)) == failpoints.POINTS
