"""Pages of the state tree: bytes that are no page are a named fault, and never a wrong turn."""

from __future__ import annotations

from functools import cache

from core import statetree
from core.statetree import StatePageBroken, page
from tests.fuzz import trees
from tests.fuzz.claims import attempt, on_both_kernels

MAX_BYTES = 2_048
_KEY = b"\x05" + bytes(31)


def one_input(data: bytes) -> None:
    nodes = attempt(page.decode, b"", data, refusals=StatePageBroken)
    if nodes is not None:
        assert len(nodes) == 32 and {len(content) for content in nodes} <= {0, 32, 64}
        assert page.encode(nodes) == data, "an accepted page is not what encoding gives"
    for path in (b"", b"0"):
        _walk(trees.Pages({**_upper(), path: data}))


def _walk(source: trees.Pages) -> None:
    for key in (_KEY, trees.ABSENT[0]):
        proof = attempt(statetree.prove, source, key, refusals=StatePageBroken)
        if proof is not None:
            assert statetree.Proof.decode(proof.encode()) == proof
    for value in (b"\x01" * 32, None):
        changes = {_KEY: value, trees.ABSENT[1]: None}
        on_both_kernels(attempt, statetree.update, source, changes, refusals=StatePageBroken)


@cache
def _upper() -> dict[bytes, bytes]:
    return {path: data for path, data in trees.pages().items() if len(path) < 3}


def seeds() -> dict[str, bytes]:
    chosen = list(_upper().items())[-6:]
    return {f"page-{path.decode()}": data for path, data in chosen} | {"empty": bytes(4)}
