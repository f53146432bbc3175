"""The cases on the real engine: what a step comes to, in the evaluator's terms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.ports import RecordKey
from core.receipt import OK
from core.tx import Access
from execution.accounts import MODULE, Account
from execution.call import Call
from execution.deploy import Deploy
from execution.kinds import Setting
from execution.view import View
from tests.evaluator.cases import FUNDS, ME, OTHER, Case, Effect, Step, deployed
from tests.evaluator.kinds import ADDRESS_BYTES
from tests.evaluator.world import Block

State = dict[tuple[str, bytes], bytes]
BLOCK = Block()
SETTING = Setting(height=BLOCK.height, time=BLOCK.time, chain=BLOCK.chain)


@dataclass(frozen=True)
class Signed:
    """What bodies ask of a transaction; the id is that of the evaluator's cases."""

    sender: bytes
    nonce: int
    access: Access
    txid: bytes = bytes(32)


class _Held:
    """A state as a dict."""

    def __init__(self, records: State) -> None:
        self._records = records

    def get_many(self, records: Iterable[RecordKey]) -> dict[RecordKey, bytes]:
        return {record: self._records[record] for record in records if record in self._records}


def run(case: Case) -> list[Effect]:
    """The effects of a case's steps, by the engine."""
    state: State = {}
    for who in (ME, OTHER):
        state[MODULE, who] = Account(0, FUNDS).encode() or b""
    return [_step(state, case, step) for step in case.steps]


def _step(state: State, case: Case, step: Step) -> Effect:
    access = tuple((place, tuple(slots)) for place, slots in step.access.items())
    tx = Signed(step.sender, step.contract, access)
    if step.kind == "deploy":
        source = case.sources[step.contract].encode("ascii")
        body: Deploy | Call = Deploy(source, step.data, step.value)
    else:
        body = Call(deployed(step.contract), step.data, step.value)
    view = View(_Held(state))
    outcome = body.run(view, tx, step.gas, SETTING)  # type: ignore[arg-type]
    now, before = view.changes()
    for record, value in now.items():
        if value is None:
            state.pop(record, None)
        else:
            state[record] = value
    moved = {
        who: Account.of_record(value).balance - Account.of_record(before[MODULE, who]).balance
        for (module, who), value in sorted(now.items())
        if module == MODULE
    }
    writes = {
        (place[:ADDRESS_BYTES], place[ADDRESS_BYTES:]): value or b""
        for (module, place), value in sorted(now.items())
        if module == "storage"
    }
    return Effect(
        outcome.status,
        outcome.ret,
        outcome.gas,
        outcome.refund if outcome.status == OK else 0,
        [(log.address, list(log.topics), log.data) for log in outcome.logs],
        writes,
        {who: amount for who, amount in moved.items() if amount},
    )
