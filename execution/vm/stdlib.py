"""The standard library as generated code calls it: each name with its function, frame first.

Pure parts (``abi.encode``, ``hash.…``) belong to the generated code's own helpers.
Source: docs/spec/contracts.md, "Standard library".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core import tags
from execution.vm import outside, slots
from execution.vm.frame import Frame, charge
from execution.vm.outcome import Reverted
from pq import addresses, signing
from pq.algorithms import ML_DSA_65, SIGNATURE_ALGORITHMS, SLH_DSA_SHAKE_128S

VERIFY = {ML_DSA_65: 40_000, SLH_DSA_SHAKE_128S: 200_000}
MESSAGE_BYTE = 2


def verify(m: Frame, signer: bytes, message: bytes, public_key: bytes, signature: bytes) -> bool:
    """``crypto.verify``: is it the signature of this address over the message?"""
    alg = addresses.alg_of(signer)
    charge(m, VERIFY.get(alg, 0) + MESSAGE_BYTE * len(message))
    scheme = SIGNATURE_ALGORITHMS.get(alg)
    if scheme is None or len(public_key) != scheme.public_key_bytes:
        return False
    if addresses.of_public_key(alg, public_key) != signer:
        return False
    return signing.verify(alg, public_key, message, signature, tags.CONTEXT_CONTRACT)


def _inactive(name: str) -> Callable[..., Any]:
    def refuse(m: Frame, *_: Any) -> Any:
        raise Reverted(f"vm.inactive: {name}")

    return refuse


def _sender(m: Frame) -> bytes:
    return m.sender


def _origin(m: Frame) -> bytes:
    return m.running.origin


def _this(m: Frame) -> bytes:
    return m.this


def _value(m: Frame) -> int:
    return m.value


def _height(m: Frame) -> int:
    return m.running.setting.height


def _time(m: Frame) -> int:
    return m.running.setting.time


def _chain(m: Frame) -> int:
    return m.running.setting.chain


def _txid(m: Frame) -> bytes:
    return m.running.txid


def _gas_left(m: Frame) -> int:
    return m.gas


HOST: dict[str, Callable[..., Any]] = {
    "storage.get": slots.raw_get,
    "storage.set": slots.raw_set,
    "storage.delete": slots.raw_delete,
    "storage.has": slots.raw_has,
    "cell.get": slots.cell_get,
    "cell.set": slots.cell_set,
    "map.get": slots.map_get,
    "map.set": slots.map_set,
    "map.has": slots.map_has,
    "map.delete": slots.map_delete,
    "emit": outside.emit,
    "abi.call": outside.call,
    "abi.forward": outside.forward,
    "view.call": outside.view_call,
    "treasury.balance": outside.balance,
    "treasury.transfer": outside.transfer,
    "crypto.verify": verify,
    "context.sender": _sender,
    "context.origin": _origin,
    "context.this": _this,
    "context.value": _value,
    "context.height": _height,
    "context.time": _time,
    "context.chain": _chain,
    "context.txid": _txid,
    "context.gas_left": _gas_left,
    "beacon.round": _inactive("beacon"),
    "beacon.random": _inactive("beacon"),
    "syscalls.blob_pin": _inactive("syscalls"),
    "syscalls.ai_enqueue": _inactive("syscalls"),
    "syscalls.quantum_enqueue": _inactive("syscalls"),
    "syscalls.read_result": _inactive("syscalls"),
    "zk.verify": _inactive("zk"),
}
