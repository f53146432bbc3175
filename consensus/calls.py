"""Calls of contracts that are no transactions, on any state that can be read. Nothing changes.

What runs sees the block behind the named one: its height, and the time that it has when it comes
after one target interval. Source: docs/spec/rpc.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from chain import contracts
from consensus import service as consensus
from consensus.rules.transition import KINDS
from core.header import Header
from core.network import Network
from core.tx import UnsignedTx
from execution import call
from execution.estimate import Least, least_gas
from execution.kinds import Outcome, Setting
from execution.rehearsal import PROGRAMS
from execution.view import View

GAS_MOST = 40_000_000
"""Gas of one call at most: about 200 ms of a core."""


@dataclass(frozen=True)
class Asked:
    """A call: contract, calldata, sender (34 bytes), value (nANM) and gas (at most GAS_MOST)."""

    to: bytes
    data: bytes
    sender: bytes
    value: int = 0
    gas: int = GAS_MOST
    static: bool = False


@dataclass(frozen=True)
class Called:
    """How a call ended, and the block whose state it ran on."""

    outcome: Outcome
    header: Header


@dataclass(frozen=True)
class _Stage:
    header: Header
    view: View
    setting: Setting


@contextmanager
def _stage(height: int | None) -> Iterator[_Stage]:
    network = consensus.current().network
    with contracts.state_at(height) as there:
        yield _Stage(there.header, View(there.reader), setting_after(there.header, network))


def setting_after(header: Header, network: Network) -> Setting:
    """The setting of the block that comes one target interval after this one."""
    height = header.height + 1
    interval = network.at(height).params.target_interval_ms
    return Setting(height, header.time + interval, header.chain)


def run(asked: Asked, *, height: int | None = None) -> Called:
    """What a call does on the state after the best chain's block at a height (None: the head).

    Raises StateNotYet, Pruned; a NodeFault where this node cannot run it.
    """
    with _stage(height) as stage:
        outcome = call.read(
            stage.view,
            stage.setting,
            sender=asked.sender,
            to=asked.to,
            data=asked.data,
            gas=min(asked.gas, GAS_MOST),
            value=asked.value,
            static=asked.static,
        )
        return Called(outcome, stage.header)


def least(unsigned: UnsignedTx, most: int) -> Least:
    """The least gas beyond the intrinsic part with which a transaction succeeds on the head.

    The sender must own the value. Raises what parsing the body raises.
    """
    body = KINDS[unsigned.kind](unsigned.body)
    with _stage(None) as stage:
        view, setting = stage.view, stage.setting
        if unsigned.kind == "deploy":  # nobody has deployed it yet, perhaps nobody will
            setting = replace(setting, programs=PROGRAMS)
        view.prefetch(body.touches())

        def once(gas: int) -> Outcome:
            mark = view.checkpoint()
            try:
                return body.run(view, unsigned, gas, setting)
            finally:
                view.rollback(mark)

        return least_gas(once, min(most, GAS_MOST))
