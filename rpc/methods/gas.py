"""``tx.estimateGas``: what a transaction of any kind needs, found by running it on the head."""

from __future__ import annotations

from typing import Annotated

from chain import queries
from consensus.calls import GAS_MOST
from core.cbor import Value
from core.errors import EncodingRefused, TxRefused
from core.limits import CODE_BYTES, DATA_BYTES, U64_MAX
from core.tx import UnsignedTx
from execution import reasons
from execution.accounts import KEY_MODULE
from execution.errors import InsufficientFunds
from execution.estimate import Least
from execution.gas import intrinsic_gas
from pq import addresses, algorithms
from rpc import context, contract_calls, prices, views
from rpc.caller import Caller
from rpc.errors import AlwaysFails, Busy, NodeAbsent, ParamsInvalid
from rpc.params import Address, Amount, Flag, choice, hex_bytes, whole
from rpc.registry import method
from rpc.results.tx import GasEstimate

KINDS = {"transfer": ("to",), "call": ("to", "data"), "deploy": ("code", "args")}
"""What each kind's body has beside the value."""


@method("tx.estimateGas", errors=[AlwaysFails, TxRefused, EncodingRefused, Busy, NodeAbsent])
def estimate_gas(
    from_: Annotated[Address, "The sender; its stored key and nonce count."],
    caller: Caller,
    to: Annotated[Address | None, "Of a transfer or call."] = None,
    value: Annotated[Amount | None, "nANM; 0 by default."] = None,
    alg: Annotated[
        int | None, whole(most=0xFFFF), "Signature algorithm; by default the sender's."
    ] = None,
    keep: Annotated[Flag, "Store the public key with the account."] = False,
    kind: Annotated[str, choice(*KINDS)] = "transfer",
    data: Annotated[bytes | None, hex_bytes(most=DATA_BYTES), "Of a call: calldata."] = None,
    code: Annotated[bytes | None, hex_bytes(most=CODE_BYTES), "Of a deployment: source."] = None,
    args: Annotated[
        bytes | None, hex_bytes(most=DATA_BYTES), "Of a deployment: the ABI array for init."
    ] = None,
) -> GasEstimate:
    """Gas that a transaction needs, and prices that carry it through rising base fees.

    A deployment or call is run on the state after the head, with less and less gas, down to the
    least with which it succeeds; one that fails with any gas is refused with its reason. Fees are
    taken at their longest encoding, so the estimate is never too small for that state.
    """
    scheme = algorithms.algorithm(addresses.alg_of(from_) if alg is None else alg)
    stored = queries.record(KEY_MODULE, from_) is not None
    body = _body(kind, {"to": to, "data": data, "code": code, "args": args}, value or 0)
    unsigned = UnsignedTx(
        chain=context.importer().network.chain,
        kind=kind,
        sender=from_,
        nonce=context.pool().next_nonce(from_),
        gas=U64_MAX,
        max_fee=U64_MAX,
        max_tip=U64_MAX,
        body=body,
        keep=keep,
    )
    gas = intrinsic_gas(unsigned, scheme.alg_id, 0 if stored else scheme.public_key_bytes)
    if kind != "transfer":
        gas += _running(unsigned, gas, value or 0, caller)
    base_fee, max_fee, tip = prices.suggested(queries.head().header)
    return {
        "gas": gas,
        "keyStored": stored,
        "baseFee": str(base_fee),
        "maxFee": str(max_fee),
        "maxTip": str(tip),
    }


def _body(kind: str, given: dict[str, bytes | None], value: int) -> dict[str, Value]:
    """The body of the kind; a field too few or too many is refused."""
    wanted = KINDS[kind]
    for name, part in given.items():
        if part is None and name in wanted:
            raise ParamsInvalid(f"{name} is missing for a {kind}", field=name)
        if part is not None and name not in wanted:
            raise ParamsInvalid(f"a {kind} has no {name}", field=name)
    return {**{name: given[name] for name in wanted}, "value": value}


def _running(unsigned: UnsignedTx, intrinsic: int, value: int, caller: Caller) -> int:
    """Gas beyond the intrinsic part. Raises ``AlwaysFails``, ``InsufficientFunds``."""
    head = queries.head().header
    if (held := queries.account(unsigned.sender)[1]) < value:
        raise InsufficientFunds(
            f"the account has {held} nANM and would send {value}", required=value, available=held
        )
    block_gas = context.importer().network.at(head.height + 1).params.gas_limit
    found = contract_calls.least(unsigned, max(0, block_gas - intrinsic), caller)
    if found.gas is None:
        raise _always_fails(found)
    return found.gas


def _always_fails(found: Least) -> AlwaysFails:
    outcome = found.outcome
    failure = views.failure(outcome.status, outcome.ret)
    assert failure is not None, "it did not succeed"
    if failure["sentence"] == reasons.OUT_OF_GAS.sentence:
        text = f"it needs more than {GAS_MOST} gas, or than a block has"
    else:
        text = failure["sentence"]
    return AlwaysFails(
        f"the transaction fails with any gas: {text}",
        revert=failure["reason"],
        status=outcome.status,
        gasUsed=outcome.gas,
        hint=failure["hint"],
    )
