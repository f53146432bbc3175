"""What a block does to the state, in order. Reading this file tells all of it.

    1. transactions, each by the handler of its kind     KINDS
    2. the block's end, step by step                     END_OF_BLOCK

The proofs have been verified before, on the parent's post-state.

Source: docs/spec/blocks.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chain.values import BlockEffects, TxCharge
from consensus.rules import issuance, nullifiers, proofs, tuning
from consensus.rules.proofs import ProofResult
from consensus.rules.tuning import Tuning
from core import cbor, receipt
from core.hashing import sha3
from core.header import Header
from core.network import Network, ParamSet
from core.ports import RecordKey
from core.proof import SHARE, Envelope
from core.receipt import Log, Receipt
from core.tx import SignedTx
from execution import accounts, transaction
from execution.call import Call
from execution.deploy import Deploy
from execution.kinds import Body, Kinds, Setting
from execution.transaction import Applied
from execution.transfer import Transfer
from execution.validity import Prices
from execution.view import View

KINDS: Kinds = {
    "transfer": Transfer.parse,
    "deploy": Deploy.parse,
    "call": Call.parse,
}


@dataclass(frozen=True)
class BlockEnv:
    """What execution may know of its block: no state, receipt or seal field.

    Fees in nANM, ``time`` in ms.
    """

    height: int
    coinbase: bytes
    gas_limit: int
    base_fee: int
    blob_fee: int
    time: int
    proven: ProofResult = proofs.NONE

    @classmethod
    def of(cls, header: Header, proven: ProofResult = proofs.NONE) -> BlockEnv:
        """The environment that a header states and its proofs give."""
        return cls(
            header.height,
            header.coinbase,
            header.gas_limit,
            header.base_fee,
            header.blob_fee,
            header.time,
            proven,
        )


@dataclass
class Tally:
    """Money and events of a block while it runs, nANM."""

    base_fees: int = 0
    tips: int = 0
    minted: int = 0
    burnt: int = 0
    logs: list[Log] = field(default_factory=list)


Step = Callable[[View, BlockEnv, ParamSet, Tally], None]


class BlockExecution:
    """Runs a block's transactions one by one, then its end. Importer and miner use the same."""

    def __init__(self, view: View, env: BlockEnv, network: Network) -> None:
        self._view = view
        self._env = env
        self._setting = Setting(env.height, env.time, network.chain)
        self._rules = network.at(env.height)
        self._tally = Tally()
        self._receipts: list[Receipt] = []
        self._charges: list[TxCharge] = []
        self.gas_used = 0

    def run(self, tx: SignedTx, body: Body) -> Applied:
        """Run the next transaction; a ``TxRefused`` leaves everything as it was."""
        env = self._env
        prices = Prices(env.base_fee, env.blob_fee, env.gas_limit - self.gas_used)
        applied = transaction.apply_tx(self._view, tx, body, prices, self._setting)
        self.gas_used += applied.receipt.gas_used
        self._tally.base_fees += applied.base_fee_paid
        self._tally.tips += applied.tip_paid
        self._receipts.append(applied.receipt)
        self._charges.append(TxCharge(applied.price, applied.base_fee_paid, applied.tip_paid))
        return applied

    def finish(self) -> BlockEffects:
        """Run the block's end and gather what changed; call once, after the last transaction."""
        for step in END_OF_BLOCK:
            step(self._view, self._env, self._rules, self._tally)
        changes, previous = self._view.changes()
        system = Receipt(receipt.OK, 0, tuple(self._tally.logs))
        return BlockEffects(
            changes=changes,
            previous=previous,
            receipts=(*self._receipts, system),
            charges=tuple(self._charges),
            minted=self._tally.minted,
            burnt=self._tally.burnt,
        )


def touched_records(
    env: BlockEnv,
    txs: Sequence[SignedTx],
    bodies: Sequence[Body],
    envelopes: Sequence[Envelope] = (),
) -> list[RecordKey]:
    """Every record that running the block is known to read, for one prefetch."""
    records = proofs.touched_records(env.height, envelopes)
    for tx, body in zip(txs, bodies, strict=True):
        records.extend(transaction.touches(tx, body))
    paid = (env.coinbase, accounts.TREASURY, accounts.AICF)
    records.extend((accounts.MODULE, address) for address in paid)
    return records


def complete_proofs(view: View, env: BlockEnv, rules: ParamSet, tally: Tally) -> None:
    """Note what the proofs used up and what they brought."""
    if not env.proven.verified:
        return
    for one in env.proven.verified:
        nullifiers.write(view, one.envelope.nullifier, one.used, one.claim.until)
    tuned = Tuning.decode(view.get(*tuning.RECORD))
    counted = tuned.counting(env.proven.count(SHARE), env.proven.psi_by_type)
    view.set(*tuning.RECORD, counted.encode())


def settle_fees_and_subsidy(view: View, env: BlockEnv, rules: ParamSet, tally: Tally) -> None:
    """Split base fees, tips and subsidy once for the whole block; credits appear only here."""
    params = rules.params
    subsidy = issuance.split_subsidy(issuance.subsidy(env.height, params), params.subsidy_split)
    parts = {
        "baseFee": issuance.split_base_fees(tally.base_fees, params.base_fee_split),
        "tip": issuance.split_tips(tally.tips, params.tip_split),
        "subsidy": subsidy,
    }
    for source, shares in parts.items():
        _credit(view, tally, env.coinbase, shares.producer, source)
        _credit(view, tally, accounts.AICF, shares.aicf, source)
        _credit(view, tally, accounts.TREASURY, shares.treasury, source)
        if shares.burnt:
            tally.logs.append(
                _event("burn", accounts.TREASURY, {"amount": shares.burnt, "source": source})
            )
    tally.minted += subsidy.producer + subsidy.aicf + subsidy.treasury
    tally.minted += _pay_shares(view, env, rules, tally, subsidy.unminted)
    tally.burnt += parts["baseFee"].burnt


def _pay_shares(view: View, env: BlockEnv, rules: ParamSet, tally: Tally, part: int) -> int:
    """Pay each share its slice of the subsidy's share part; returns what that mints.

    A slice that nobody claims is not minted, so leaving shares out gains nothing.
    """
    slice_ = issuance.share_slice(part, rules.poies)
    payees = Counter(r.payee for r in env.proven.receipts if r.type == SHARE)
    for payee, count in payees.items():
        _credit(view, tally, payee, slice_ * count, "share")
    return slice_ * payees.total()


def _credit(view: View, tally: Tally, to: bytes, amount: int, source: str) -> None:
    if amount:
        view.credit(to, amount)
        concerned = accounts.AICF if to == accounts.AICF else accounts.TREASURY
        tally.logs.append(
            _event("credit", concerned, {"to": to, "amount": amount, "source": source})
        )


def _event(name: str, account: bytes, data: dict[str, object]) -> Log:
    """An event of the system receipt: topic 0 = H(name), data = CBOR map."""
    return Log(account, (sha3(name.encode("ascii")),), cbor.encode(data))


def tune(view: View, env: BlockEnv, rules: ParamSet, tally: Tally) -> None:
    """At an epoch's end α and s move, and the counts start anew."""
    if not tuning.is_epoch_end(env.height, rules.params):
        return
    before = Tuning.decode(view.get(*tuning.RECORD))
    after = before.next_epoch(rules.params, rules.poies)
    view.set(*tuning.RECORD, after.encode())
    data = {"alpha": after.named_alphas, "offset": after.share_offset, "shares": before.shares}
    tally.logs.append(_event(tuning.EVENT, accounts.TREASURY, data))


def end_nullifiers(view: View, env: BlockEnv, rules: ParamSet, tally: Tally) -> None:
    """Forget work that no later block can use."""
    nullifiers.end(view, env.height)


END_OF_BLOCK: tuple[Step, ...] = (
    complete_proofs,
    settle_fees_and_subsidy,
    tune,
    end_nullifiers,
)
