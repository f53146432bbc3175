"""The targets by name. Each is a module of ``tests.fuzz.targets`` with

one_input(data)        feed one input; any exception is a finding
seeds()                real encodings to start from, by name
mutate(data, rng)      optional: a mutation that knows the structure
prepare()              optional: needs a database, which it fills before the first input
MAX_BYTES              the longest input
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

TARGETS = (
    *("cbor", "tx", "header", "block", "records", "page", "proof", "range", "merkle", "address"),
    *("keyfile", "recovery", "answer", "network", "files", "share", "pool", "rpc", "importer"),
    *("source", "calldata", "program", "message", "session"),
)
CORPUS = Path(__file__).parent / "corpus"
INSTRUMENTED = (
    *("core", "pq", "execution", "chain", "consensus", "mempool", "rpc", "wallet", "p2p"),
    *("animica_site.networks", "animica_site.ledger.blockfile", "animica_site.ledger.manifest"),
)


def load(name: str) -> ModuleType:
    """The module of a target."""
    return importlib.import_module(f"tests.fuzz.targets.{name}")


def feeder(target: ModuleType) -> Callable[[bytes], None]:
    """The target's ``one_input``, on both kernels where it asks for that and one was built."""
    from core import kernel  # here, so that the fuzzer has instrumented it
    from native import library

    one_input: Callable[[bytes], None] = target.one_input
    if not getattr(target, "BOTH_KERNELS", False) or not library.PATH.exists():
        return one_input
    kernels = (None, library.NativeKernel())

    def feed(data: bytes) -> None:
        before = kernel.native()
        for each in kernels:
            kernel.install(each)
            one_input(data)
        kernel.install(before)

    return feed


def corpus(name: str) -> list[Path]:
    """The committed inputs of a target, in the order of their names."""
    return sorted((CORPUS / name).iterdir())
