"""Random types of the contract language, and random values of them."""

from __future__ import annotations

from hypothesis import strategies as st

from execution.abi.codec import pack_key
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    INT_MAX,
    INT_MIN,
    STR,
    Type,
    dict_of,
    list_of,
    optional,
    tuple_of,
)

ATOMS = {
    INT: st.integers(INT_MIN, INT_MAX) | st.sampled_from([0, -1, INT_MIN, INT_MAX]),
    BOOL: st.booleans(),
    BYTES: st.binary(max_size=80),
    STR: st.text(max_size=40),
    ADDRESS: st.binary(min_size=34, max_size=34),
}
KEYS = (INT, BYTES, STR, ADDRESS)


def types() -> st.SearchStrategy[Type]:
    return st.recursive(
        st.sampled_from(list(ATOMS)),
        lambda inner: (
            inner.map(list_of)
            | st.builds(dict_of, st.sampled_from(KEYS), inner)
            | st.lists(inner, min_size=2, max_size=3).map(lambda items: tuple_of(*items))
            | inner.filter(lambda of: of.kind != "optional").map(optional)
        ),
        max_leaves=5,
    )


def values_of(of: Type) -> st.SearchStrategy:
    if of in ATOMS:
        return ATOMS[of]
    parts = [values_of(arg) for arg in of.args]
    if of.kind == "optional":
        return st.none() | parts[0]
    if of.kind == "list":
        return st.lists(parts[0], max_size=4)
    if of.kind == "dict":
        return st.dictionaries(*parts, max_size=4)
    return st.tuples(*parts)


def keys_packed(value, of: Type):
    """The value in the engine's form."""
    if value is None:
        return None
    if of.kind == "optional":
        return keys_packed(value, of.args[0])
    if of.kind == "list":
        return [keys_packed(item, of.args[0]) for item in value]
    if of.kind == "tuple":
        return tuple(keys_packed(v, part) for v, part in zip(value, of.args, strict=True))
    if of.kind == "dict":
        key, item = of.args
        pack = pack_key if key == INT else lambda k: k
        return {pack(k): keys_packed(v, item) for k, v in value.items()}
    return value
