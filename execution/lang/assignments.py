"""Checking assignments. Source: docs/spec/contracts.md, "Types", "Expressions"."""

from __future__ import annotations

from execution.lang import fit, items, tree
from execution.lang import syntax as s
from execution.lang.annotations import type_of
from execution.lang.context import Context
from execution.lang.flow import FunctionScope
from execution.lang.names import RESERVED, Signature, refused
from execution.lang.types import BYTES, INT, STR, Type


def _scope(cx: Context) -> FunctionScope:
    assert cx.function is not None  # assignments stand only in functions
    return cx.function


def bind(cx: Context, node: s.Name, type_: Type) -> tree.Local:
    """The variable with its type; a new one gets this type."""
    function, name = _scope(cx), node.text
    if name not in function.locals:
        function.declare(name, type_, node)
    return tree.Local(node.line, function.locals[name], name)


def check_name(cx: Context, node: s.Name) -> None:
    """Refuse a variable with the name of something else."""
    name = node.text
    if name in RESERVED:
        raise refused(
            "name", node, f"`{name}` is a builtin's or a type's name", "choose another name"
        )
    if name not in cx.names.places:
        return
    entry = cx.names.entry(name)
    instead = "choose another name for the variable"
    if isinstance(entry, tree.Stored):
        instead = f"{name}[key] = value" if entry.keys else f"{name}.set(value)"
    elif not isinstance(entry, str | Signature | tree.Event):
        instead = f"a constant stays as it is: keep state in storage.cell; or {instead}"
    raise refused("name", node, f"`{name}` belongs to the module", instead)


def assign(cx: Context, node: s.Node) -> tree.Statement:
    """``target = value`` and ``name: type = value``."""
    assert isinstance(node, s.Assign)
    target = _bare(node.target)
    if node.annotation is not None:
        return _annotated(cx, node, node.annotation)
    if isinstance(target, s.Row):
        return _unpack(cx, node, target)
    if isinstance(target, s.Name):
        known = _scope(cx).locals.get(target.text)
        value = cx.value(node.value) if known is None else cx.need(node.value, known)
        place = bind(cx, target, value.type)
        _scope(cx).assign(target.text)
        return tree.Assign(node.line, place, value)
    item = _item(cx, target)
    return tree.Assign(node.line, item, cx.need(node.value, item.type))


def _bare(node: s.Expression) -> s.Expression:
    while isinstance(node, s.Group):
        node = node.inner
    return node


def _annotated(cx: Context, node: s.Assign, annotation: s.Expression) -> tree.Statement:
    target = node.target
    assert isinstance(target, s.Name)  # the parser allows nothing else
    type_ = type_of(annotation)
    known = _scope(cx).locals.get(target.text)
    if known is not None and known != type_:
        raise refused(
            "type",
            annotation,
            f"`{target.text}` is {known} already",
            "one variable has one type: choose another name",
        )
    value = cx.need(node.value, type_)
    place = bind(cx, target, type_)
    _scope(cx).assign(target.text)
    return tree.Assign(node.line, place, value)


def _item(cx: Context, target: s.Expression) -> tree.Index | tree.StoredItem:
    if isinstance(target, s.Attribute):
        base = target.base
        if isinstance(base, s.Name) and not (
            cx.is_variable(base.text) or cx.names.entry(base.text) is not None
        ):
            raise cx.names.unknown(base.text, base, cx.known())
        raise refused(
            "unsupported",
            target.at,
            "attributes cannot be assigned",
            "keep state in storage.cell: name.set(value)",
        )
    item = items.target(cx, target)
    if isinstance(item, tree.StoredItem):
        cx.writes(f"`{item.name}[…] = …`", target)
    return item


def _unpack(cx: Context, node: s.Assign, target: s.Row) -> tree.Statement:
    function = _scope(cx)
    written = [_bare(item) for item in target.items]
    if not written:
        raise refused("syntax", target, "an assignment to nothing", "name = value")
    value = fit.narrow(_unpacked(cx, node.value, written))
    types = parts(value.type, len(written), node.value)
    places: list[tree.Target] = []
    narrow: list[bool] = []
    for each, type_ in zip(written, types, strict=True):
        place: tree.Target
        if isinstance(each, s.Name):
            place = bind(cx, each, type_)
            function.assign(each.text)
        else:
            place = _item(cx, each)
        narrow.append(narrows(type_, place.type, each))
        places.append(place)
    return tree.Unpack(node.line, tuple(places), value, tuple(narrow))


def _unpacked(cx: Context, node: s.Expression, targets: list[s.Expression]) -> tree.Expr:
    """The value; items of a display take the types of the variables that have one."""
    row = _bare(node)
    if not isinstance(row, s.Row) or len(row.items) != len(targets):
        return cx.value(node)
    known = _scope(cx).locals
    wanted = [known.get(each.text) if isinstance(each, s.Name) else None for each in targets]
    return items.row_of(cx, row, wanted)


def parts(type_: Type, count: int, at: s.Node) -> tuple[Type, ...]:
    """The types of what a tuple or list is taken apart into."""
    if type_.kind == "list":
        return type_.args * count
    if type_.kind != "tuple":
        raise refused("type", at, f"{type_} cannot be taken apart", "a tuple or a list")
    if len(type_.args) != count:
        raise refused(
            "type",
            at,
            f"the tuple has {len(type_.args)} items and there are {count} targets",
            "as many names as items",
        )
    return type_.args


def narrows(found: Type, want: Type, at: s.Node) -> bool:
    """Is an item narrowed for its target? Refuses what does not fit."""
    value = fit.fit(tree.Local(at.line, found, ""), want, at)
    return isinstance(value, tree.Narrow)


def augment(cx: Context, node: s.Node) -> tree.Statement:
    """``target op= value``."""
    assert isinstance(node, s.Augment)
    written = _bare(node.target)
    target: tree.Target
    if isinstance(written, s.Row):
        raise refused("syntax", node, f"`{node.op}=` of several targets", "one a line")
    if isinstance(written, s.Name):
        if written.text not in _scope(cx).bound and written.text in cx.names.places:
            check_name(cx, written)
        read = cx.value(written)
        if not isinstance(read, tree.Local):
            raise refused("name", written, f"`{written.text}` cannot change", "choose a variable")
        target = read
    else:
        target = _item(cx, written)
    return tree.Augment(node.line, target, node.op, _operand(cx, node, target.type))


def _operand(cx: Context, node: s.Augment, type_: Type) -> tree.Expr:
    op, sequence = node.op, type_ in (BYTES, STR) or type_.kind == "list"
    if type_ == INT or (sequence and op == "*"):
        return cx.need(node.value, INT)
    if sequence and op == "+":
        return cx.need(node.value, type_)
    if type_.kind == "optional":
        instead = "x = x + 1 takes an optional for what it holds"
    else:
        instead = "x = … with what there is for the type"
    raise refused("type", node, f"`{op}=` on {type_}", instead)
