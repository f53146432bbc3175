"""The arguments of a call as they are written: how many, and with which names."""

from __future__ import annotations

from execution.lang import syntax as s
from execution.lang import tree
from execution.lang.context import Context
from execution.lang.names import refused
from execution.lang.types import BOOL, Type


def positional(node: s.Call, name: str, least: int, most: int) -> list[s.Expression]:
    """The arguments of a call that takes none by name."""
    for argument in node.arguments:
        if argument.name:
            raise refused(
                "type", argument, f"`{name}` takes no argument by name", "give it by its place"
            )
    found = [argument.value for argument in node.arguments]
    counted(node, name, len(found), least, most)
    return found


def counted(node: s.Call, name: str, found: int, least: int, most: int) -> None:
    """Refuse a wrong number of arguments."""
    if least <= found <= most:
        return
    wanted = str(least) if least == most else f"{least} to {most}"
    raise refused(
        "type", node, f"`{name}` takes {wanted} arguments, here are {found}", f"{name}(…)"
    )


def each(
    cx: Context, node: s.Call, name: str, types: tuple[Type, ...], least: int | None = None
) -> tuple[tree.Expr, ...]:
    """The arguments by place, each of its type; those behind ``least`` may be left out."""
    given = positional(node, name, len(types) if least is None else least, len(types))
    return tuple(cx.need(value, type_) for value, type_ in zip(given, types, strict=False))


def with_flag(node: s.Call, name: str, flag: str) -> tuple[list[s.Expression], s.Argument | None]:
    """The arguments by place, and the one that may be given by this name."""
    places: list[s.Expression] = []
    found: s.Argument | None = None
    for argument in node.arguments:
        if not argument.name:
            places.append(argument.value)
        elif argument.name != flag or found is not None:
            raise refused(
                "type", argument, f"`{name}` has no argument `{argument.name}`", f"{flag}=…, once"
            )
        else:
            found = argument
    return places, found


def literal_flag(argument: s.Argument | None) -> bool:
    """True or False written out; False if it is left out."""
    if argument is None:
        return False
    value = argument.value
    if isinstance(value, s.Value) and isinstance(value.value, bool):
        return value.value
    raise refused(
        "type", argument, f"`{argument.name}` is True or False, written out", "signed=True"
    )


def reverse_flag(cx: Context, argument: s.Argument | None) -> tuple[tree.Expr, ...]:
    """What ``reverse=`` says, or nothing if it is left out."""
    return () if argument is None else (cx.need(argument.value, BOOL),)


def byte_order(node: s.Expression) -> str:
    """``"big"`` or ``"little"``, written out."""
    if isinstance(node, s.Value) and node.value in ("big", "little"):
        return str(node.value)
    raise refused("type", node, "the order of bytes is written out", '"big" or "little"')
