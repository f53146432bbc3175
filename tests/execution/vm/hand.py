"""Contracts written by hand in Python, with the face of a compiled program, and a world for them.

The machine is tested on its own with these: no source, no generated code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core import cbor
from core.hashing import sha3
from core.receipt import Log
from core.tx import Access, UnsignedTx
from execution.abi import codec as abi
from execution.accounts import Account
from execution.kinds import Setting
from execution.lang.types import INT, NONE, STR, Type
from execution.view import View
from execution.vm import machine
from execution.vm.frame import Frame, Running
from execution.vm.outcome import Ended
from tests.support import DictState

ALICE, BOB = b"\x10\x03" + b"a" * 32, b"\x10\x03" + b"b" * 32
SETTING = Setting(height=7, time=7_000, chain=1)
SOURCE = b"x" * 100
"""What every contract of these tests claims as source, 100 bytes, then its number."""
SIZE = len(SOURCE) + 1
RICH = 10**12


@dataclass(frozen=True)
class Param:
    name: str
    type: Type = INT
    default: bool = False


@dataclass(frozen=True)
class Function:
    run: Callable[..., Any]
    parameters: tuple[Param, ...] = ()
    result: Type = NONE
    view: bool = False
    payable: bool = True
    public: bool = True


@dataclass(frozen=True)
class Hand:
    """A program; ``constants`` holds defaults as ``function.parameter``."""

    functions: dict[str, Function]
    constants: dict[str, Any] = field(default_factory=dict)

    @property
    def program(self) -> Hand:
        return self

    def call(self, m: Frame, name: str, args: Any = ()) -> Any:
        return self.functions[name].run(m, *args)


def contract(number: int) -> bytes:
    """The address of a contract."""
    return bytes(2) + bytes([number]) * 32


class World:
    """A state with contracts 1, 2, … as they are handed in, each with ``balance`` nANM."""

    def __init__(self, *programs: Hand, balance: int = 1_000, records: Any = ()) -> None:
        self.programs: dict[bytes, Hand] = {}
        state = {("account", ALICE): Account(0, RICH).encode(), **dict(records)}
        for number, program in enumerate(programs, 1):
            source = SOURCE + bytes([number])
            self.programs[sha3(source)] = program
            state["code", sha3(source)] = cbor.encode(source)
            held = Account(0, balance, sha3(source))
            state["account", contract(number)] = held.encode()
        self.reader = DictState({key: value for key, value in state.items() if value})
        self.view = View(self.reader)

    def of(self, code_hash: bytes, source: bytes) -> Hand:
        return self.programs[code_hash]

    def running(
        self, to: bytes, access: Access | None = None, setting: Setting = SETTING
    ) -> Running:
        tx = UnsignedTx(1, "call", ALICE, 0, 10**7, 1, 0, {}, access=access)
        return Running.of(self.view, tx, to, setting, self)

    def call(
        self,
        function: str = "f",
        *args: int,
        to: int = 1,
        gas: int = 10**6,
        value: int = 0,
        static: bool = False,
        data: bytes | None = None,
        access: Access | None = None,
        setting: Setting = SETTING,
    ) -> tuple[Ended, Running]:
        """Call contract ``to`` with ints."""
        running = self.running(contract(to), access, setting)
        frame = Frame(gas, running, contract(to), ALICE, value, static)
        return machine.call(frame, calldata(function, *args) if data is None else data), running

    def balance(self, address: bytes) -> int:
        return self.view.account(address).balance


def calldata(function: str, *args: int) -> bytes:
    items = [abi.encode(function, STR), *(abi.encode(arg, INT) for arg in args)]
    return cbor.array_head(len(items)) + b"".join(items)


def program(run: Callable[..., Any], *parameters: Param, **more: Any) -> Hand:
    """A contract with the one function ``f``."""
    return Hand({"f": Function(run, parameters, **more)})


def events(running: Running) -> list[Log]:
    return running.logs
