"""What ``/api/v1/contracts`` is asked: the source, and calls with arguments in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consensus.calls import GAS_MOST
from core.errors import AnimicaError
from core.hashing import sha3
from core.limits import U64_MAX
from execution.abi import calls
from execution.abi.text import from_json
from execution.lang.tree import Function, Module
from pq import addresses
from pq.algorithms import ML_DSA_65
from rpc.errors import ParamsInvalid

CALLS_MOST = 100
_NAME_CHARACTERS = 32
_DEPLOYER = "deployer"


@dataclass(frozen=True)
class Step:
    """A deployment or call: function, ABI bytes, sender (34 bytes), nANM, the most gas."""

    function: Function
    data: bytes
    sender: bytes
    value: int
    gas: int


@dataclass(frozen=True)
class Plan:
    """All that is to run, and the gas for all of it."""

    deploy: Step
    calls: tuple[Step, ...]
    gas: int


def account(name: str) -> bytes:
    """The made-up account that a name stands for: an address of no key that anybody has."""
    return ML_DSA_65.to_bytes(2) + sha3(b"rehearsal " + name.encode())


def source_of(document: Any) -> bytes:
    """The source text of a request. Raises ParamsInvalid."""
    if type(document) is not dict:
        raise ParamsInvalid("the body must be a JSON object", field="body")
    source = document.get("source")
    if type(source) is not str:
        raise ParamsInvalid("source must be text", field="source")
    return source.encode("utf-8", "surrogatepass")


def plan_of(document: Mapping[str, Any], module: Module) -> Plan:
    """The rest of a request. Raises ParamsInvalid, ArgumentRefused, FunctionUnknown."""
    _only(document, ("source", "init", "calls", "gas"), "body")
    gas = _whole(document.get("gas", GAS_MOST), "gas", GAS_MOST)
    first = document.get("init", {})
    _only(first, ("args", "sender", "value"), "init")
    init = calls.init_of(module)
    sender = _sender(first.get("sender", _DEPLOYER), "init.sender", b"")
    here = addresses.of_contract(sender, 0)
    args = calls.init_data(init, _args(init, first.get("args", []), "init", here))
    deploy = Step(init, args, sender, _value(first.get("value", "0"), "init.value"), gas)
    steps = document.get("calls", [])
    if type(steps) is not list or len(steps) > CALLS_MOST:
        raise ParamsInvalid(f"calls must be at most {CALLS_MOST} calls", field="calls")
    made = (_step(each, f"calls[{at}]", module, here) for at, each in enumerate(steps))
    return Plan(deploy, tuple(made), gas)


def _step(asked: Any, where: str, module: Module, here: bytes) -> Step:
    _only(asked, ("function", "args", "sender", "value", "gas"), where)
    name = asked.get("function")
    if type(name) is not str:
        raise ParamsInvalid(f"{where}.function must be text", field=f"{where}.function")
    function = calls.public_function(module, name[:64])
    values = _args(function, asked.get("args", []), where, here)
    return Step(
        function,
        calls.calldata(function, values),
        _sender(asked.get("sender", _DEPLOYER), f"{where}.sender", here),
        _value(asked.get("value", "0"), f"{where}.value"),
        _whole(asked.get("gas", GAS_MOST), f"{where}.gas", GAS_MOST),
    )


def _args(function: Function, given: Any, where: str, here: bytes) -> list[Any]:
    """Arguments of an array, or of an object by their names."""
    if type(given) is dict:
        given = _in_order(function, given, where)
    if type(given) is not list:
        raise ParamsInvalid(f"{where}.args must be an array or an object", field=f"{where}.args")
    calls.require_count(function, len(given))
    pairs = zip(given, function.parameters, strict=False)
    return [from_json(value, p.type, p.name, lambda name: _named(name, here)) for value, p in pairs]


def _in_order(function: Function, given: dict[str, Any], where: str) -> list[Any]:
    left, found = dict(given), []
    for parameter in function.parameters:
        if parameter.name not in left:
            break
        found.append(left.pop(parameter.name))
    if left:
        raise ParamsInvalid(
            f"{where}.args has {sorted(left)[0][:64]!r} too many; "
            f"the function is {calls.signature(function)}",
            field=f"{where}.args",
        )
    return found


def _named(name: str, here: bytes) -> bytes:
    """``contract`` is the contract itself; every other name is a made-up account."""
    if name == "contract" and here:
        return here
    if not name.isidentifier() or not name.isascii() or len(name) > _NAME_CHARACTERS:
        raise ParamsInvalid("a name is a word of at most 32 letters and digits", field="name")
    return account(name)


def _sender(given: Any, where: str, here: bytes) -> bytes:
    try:
        if type(given) is str:
            found = (
                addresses.from_text(given)
                if given.lower().startswith("anim1")
                else _named(given, here)
            )
            if found != here and addresses.is_key_address(found):
                return found
    except AnimicaError:
        pass
    raise ParamsInvalid(f"{where} must be an account's address or a made-up name", field=where)


def _value(given: Any, where: str) -> int:
    plain = type(given) is str and given.isascii() and given.isdecimal() and len(given) <= 20
    if not plain or int(given) > U64_MAX:
        raise ParamsInvalid(f"{where} must be nANM as a decimal string", field=where)
    return int(given)


def _whole(given: Any, where: str, most: int) -> int:
    if type(given) is not int or not 0 <= given <= most:
        raise ParamsInvalid(f"{where} must be a whole number up to {most}", field=where)
    return given


def _only(given: Any, names: tuple[str, ...], where: str) -> None:
    if type(given) is not dict:
        raise ParamsInvalid(f"{where} must be a JSON object", field=where)
    for name in given:
        if name not in names:
            raise ParamsInvalid(
                f"{where} has no {name[:64]!r}", field=f"{where}.{name[:64]}", allowed=list(names)
            )
