"""Calls to Python text: functions, builtins, methods, the standard library.

Source: docs/spec/contracts.md, "Builtins", "Methods", "Standard library".
"""

from __future__ import annotations

from collections.abc import Callable

from execution.lang import tree
from execution.lang.types import INT, Type
from execution.vm.emit_expr import is_text, key
from execution.vm.names import Emitter, Names

_PURE = ("h_divmod", "h_abs", "h_len", "h_bits")
"""Helpers that cost nothing on top and so are not given the meter."""


def call(e: tree.Call, n: Names) -> str:
    """A function of the module."""
    if not e.order:
        arguments = n.listed(e.arguments)
    else:
        written = n.packed([e.arguments[place] for place in e.order])
        arguments = f", *h_in_order({written}, {e.order!r})"
    if n.goes_static(e.name):
        return f"{n.host('view.call')}(m, f_{e.name}{arguments})"
    return f"f_{e.name}(m{arguments})"


# --- builtins ---------------------------------------------------------------------------------


def _smallest(e: tree.Builtin, n: Names) -> str:
    """``min`` and ``max``."""
    first = e.arguments[0].type
    if len(e.arguments) == 1:
        return f"h_{e.name}_in(m, {n.type(first.args[0])}{n.listed(e.arguments)})"
    return f"h_{e.name}(m, {n.type(first)}, {n.packed(e.arguments)})"


def _sorted(e: tree.Builtin, n: Names) -> str:
    x, *reverse = e.arguments
    flag = n.expr(reverse[0]) if reverse else "False"
    return f"h_sorted(m, {n.type(x.type.args[0])}, {n.expr(x)}, {flag})"


def _conversion(e: tree.Builtin, n: Names) -> str:
    """``int``, ``bool``, ``str``, ``bytes``, ``address``, ``list`` and ``dict``."""
    x = n.expr(e.arguments[0])
    of = e.arguments[0].type
    if e.name == "list" and of.kind == "dict":
        return f"{'h_int_keys' if of.args[0] == INT else 'h_keys'}(m, {x})"
    if e.name in ("list", "dict") or (e.name == "bytes" and of != INT):
        return f"h_copy(m, {x})"
    if e.name == "bool":
        return f"(not not {x})"
    return _CONVERSIONS.get((e.name, of.kind), "{x}").format(x=x)


_CONVERSIONS = {
    ("int", "bool"): "h_int({x})",
    ("int", "str"): "h_int_from_text(m, {x})",
    ("str", "int"): "h_int_to_text(m, {x})",
    ("bytes", "int"): "h_zeros(m, {x})",
    ("address", "bytes"): "h_address_of_bytes({x})",
    ("address", "str"): "h_address_of_text(m, {x})",
}


def _with(helper: str) -> Callable[[tree.Builtin, Names], str]:
    if helper in _PURE:
        return lambda e, n: f"{helper}({', '.join(map(n.expr, e.arguments))})"
    return lambda e, n: f"{helper}(m{n.listed(e.arguments)})"


_BUILTINS: dict[str, Callable[[tree.Builtin, Names], str]] = {
    "len": _with("h_len"),
    "abs": _with("h_abs"),
    "min": _smallest,
    "max": _smallest,
    "sum": _with("h_sum"),
    "sorted": _sorted,
    "any": _with("h_any"),
    "all": _with("h_all"),
    "divmod": _with("h_divmod"),
    "pow": _with("h_powmod"),
    "int.from_bytes": lambda e, n: f"h_from_bytes(m{n.listed(e.arguments)}, {_flags(e)})",
    "bytes.fromhex": _with("h_from_hex"),
    **dict.fromkeys(("int", "bool", "str", "bytes", "address", "list", "dict"), _conversion),
}


def builtin(e: tree.Builtin, n: Names) -> str:
    """A builtin."""
    return _BUILTINS[e.name](e, n)


def _flags(e: tree.Builtin | tree.Method) -> str:
    return ", ".join(map(ascii, e.flags))


# --- methods ----------------------------------------------------------------------------------

_TEXT_METHODS = {
    "hex": "h_hex",
    "decode": "h_decode",
    "encode": "h_encode",
    "find": "h_find",
    "count": "h_count",
    "startswith": "h_starts",
    "endswith": "h_ends",
    "join": "h_join",
}
_LIST_METHODS = {
    "append": "h_append",
    "extend": "h_extend",
    "insert": "h_insert",
    "reverse": "h_reverse",
    "copy": "h_copy",
}
_DICT_METHODS = {"values": "h_values", "copy": "h_copy"}


def _int_method(e: tree.Method, n: Names) -> str:
    if e.name == "bit_length":
        return f"h_bits({n.expr(e.base)})"
    return f"h_to_bytes(m, {n.expr(e.base)}{n.listed(e.arguments)}, {_flags(e)})"


def _text_method(e: tree.Method, n: Names) -> str:
    return f"{_TEXT_METHODS[e.name]}(m, {n.expr(e.base)}{n.listed(e.arguments)})"


def _list_method(e: tree.Method, n: Names) -> str:
    base, item = n.expr(e.base), e.base.type.args[0]
    if e.name == "clear":
        return f"h_clear({base})"
    if e.name == "pop" and not e.arguments:
        return f"h_pop_last({base})"
    if e.name == "pop":
        return f"h_pop_at(m, {base}{n.listed(e.arguments)})"
    if e.name == "sort":
        reverse = n.expr(e.arguments[0]) if e.arguments else "False"
        return f"h_sort(m, {n.type(item)}, {base}, {reverse})"
    if e.name in ("index", "count"):
        sought = n.type(e.arguments[0].type)
        return f"h_list_{e.name}(m, {sought}, {base}{n.listed(e.arguments)})"
    return f"{_LIST_METHODS[e.name]}(m, {base}{n.listed(e.arguments)})"


def _dict_method(e: tree.Method, n: Names) -> str:
    base, of = n.expr(e.base), e.base.type.args[0]
    if e.name == "clear":
        return f"h_clear({base})"
    if e.name in ("keys", "items"):
        return f"{'h_int_' if of == INT else 'h_'}{e.name}(m, {base})"
    if e.name in _DICT_METHODS:
        return f"{_DICT_METHODS[e.name]}(m, {base})"
    rest = f"{base}, {key(e.arguments[0], of, n)}{n.listed(e.arguments[1:])}"
    if e.name == "get" and len(e.arguments) == 1:
        rest += ", None"
    helper = "h_find_key" if e.name == "get" else "h_pop"
    return f"{helper}_text(m, {rest})" if is_text(of) else f"{helper}({rest})"


def method(e: tree.Method, n: Names) -> str:
    """A method of a value."""
    kinds = {"int": _int_method, "list": _list_method, "dict": _dict_method}
    return kinds.get(e.base.type.kind, _text_method)(e, n)


# --- standard library ---------------------------------------------------------------------------


def _types(e: tree.Host) -> tuple[Type, ...]:
    return tuple(argument.type for argument in e.arguments)


def _abi_encode(e: tree.Host, n: Names) -> str:
    of = n.type_of(*_types(e))
    if len(e.arguments) == 1:
        return f"h_abi_encode(m, {of}{n.listed(e.arguments)})"
    return f"h_abi_encode(m, {of}, {n.packed(e.arguments)})"


def _abi_call(e: tree.Host, n: Names) -> str:
    """``abi.call``."""
    to, function, *rest = e.arguments
    of = n.type(tuple(argument.type for argument in rest))
    head = f"{n.expr(to)}, {n.expr(function)}, {of}, {n.packed(rest)}"
    return _outward(e, head, n)


def _outward(e: tree.Host, head: str, n: Names) -> str:
    """Value and gas run in the order in which they are written."""
    value = "0" if e.value is None else n.expr(e.value)
    gas = "None" if e.gas is None else n.expr(e.gas)
    last = f"{value}, {gas}" if e.value_first else f"*h_in_order(({gas}, {value}), (1, 0))"
    return f"{n.host(e.name)}(m, {head}, {last})"


def _emit(e: tree.Host, n: Names) -> str:
    fields = n.packed(e.arguments)
    if list(e.order) != sorted(e.order):
        fields = f"h_in_order({fields}, {e.order!r})"
    return f"{n.host(e.name)}(m, {n.event(e.name_of)}, {fields})"


def _cell(e: tree.Host, n: Names) -> str:
    return f"{n.host(e.name)}(m, {n.stored(e.name_of)}{n.listed(e.arguments)})"


def _hash(e: tree.Host, n: Names) -> str:
    return f"h_{e.name.partition('.')[2]}(m{n.listed(e.arguments)})"


def _outside(e: tree.Host, n: Names) -> str:
    return f"{n.host(e.name)}(m{n.listed(e.arguments)})"


_HOSTS: dict[str, Callable[[tree.Host, Names], str]] = {
    "abi.encode": _abi_encode,
    "abi.decode": lambda e, n: f"h_abi_decode(m, {n.type_of(*e.types)}{n.listed(e.arguments)})",
    "abi.require": lambda e, n: f"h_require({', '.join(map(n.expr, e.arguments))})",
    "abi.revert": lambda e, n: f"h_fail({n.expr(e.arguments[0])})",
    "abi.call": _abi_call,
    "abi.forward": lambda e, n: _outward(e, ", ".join(map(n.expr, e.arguments)), n),
    "emit": _emit,
    "cell.get": _cell,
    "cell.set": _cell,
    **dict.fromkeys(("hash.sha3_256", "hash.sha3_512", "hash.sha256", "hash.sha512"), _hash),
}


def host(e: tree.Host, n: Names) -> str:
    """The standard library."""
    return _HOSTS.get(e.name, _outside)(e, n)


EMITTERS: dict[type, Emitter] = {
    tree.Call: call,
    tree.Builtin: builtin,
    tree.Method: method,
    tree.Host: host,
    tree.Context: lambda e, n: f"{n.host('context.' + e.name)}(m)",
}
