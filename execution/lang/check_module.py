"""Checking a module: what was parsed to the checked tree. Source: docs/spec/contracts.md."""

from __future__ import annotations

from dataclasses import dataclass, field

from execution.lang import (
    assignments,
    calls,
    check_expr,
    check_stmt,
    comparisons,
    declarations,
    effects,
    items,
    tree,
)
from execution.lang import syntax as s
from execution.lang.annotations import type_of
from execution.lang.context import Context
from execution.lang.flow import FunctionScope, bound_names
from execution.lang.names import MODULES, ConstantEntry, Names, Signature, nearest, refused
from execution.lang.types import NONE, Type

FUNCTIONS = 128
DECLARATIONS = 128

_FORMS = {
    s.Name: check_expr.name,
    s.Value: check_expr.literal,
    s.Group: check_expr.group,
    s.Attribute: check_expr.attribute,
    s.Prefix: check_expr.prefix,
    s.Operation: check_expr.operation,
    s.Logic: check_expr.logic,
    s.Conditional: check_expr.conditional,
    s.Comparison: comparisons.comparison,
    s.Call: calls.call,
    s.Row: items.row,
    s.ListDisplay: items.list_display,
    s.DictDisplay: items.dict_display,
    s.Subscript: items.subscript,
    s.Cut: items.cut,
}


@dataclass
class _Module:
    """The checked parts so far."""

    names: Names = field(default_factory=Names)
    signatures: dict[str, Signature] = field(default_factory=dict)
    scopes: dict[str, FunctionScope] = field(default_factory=dict)
    constants: list[tuple[str, Type, tree.Expr]] = field(default_factory=list)
    stored: list[tree.Stored] = field(default_factory=list)
    events: list[tree.Event] = field(default_factory=list)
    functions: list[tree.Function] = field(default_factory=list)

    def context(self, scope: FunctionScope | None = None) -> Context:
        return Context(self.names, _FORMS, scope)


def check(parsed: s.Module) -> tree.Module:
    """The checked tree of a parsed module. Raises SourceRefused."""
    module = _Module()
    _claim_names(module.names, parsed)
    for part in parsed.parts:
        if isinstance(part, s.Function):
            module.signatures[part.name] = module.names.visible[part.name] = _signature(part)
    for part in parsed.parts:
        if isinstance(part, s.Import):
            _import(module, part)
        elif isinstance(part, s.Declaration):
            _declare(module, part)
        else:
            _function(module, part)
    effects.check(module.scopes)
    return tree.Module(
        parsed.documentation,
        tuple(module.constants),
        tuple(module.stored),
        tuple(module.events),
        tuple(module.functions),
    )


def _claim_names(names: Names, parsed: s.Module) -> None:
    functions = declared = 0
    for part in parsed.parts:
        if isinstance(part, s.Import):
            for name in part.names:
                names.claim(name.text, name)
            continue
        names.claim(part.name, part)
        if isinstance(part, s.Function):
            functions += 1
        else:
            declared += 1
        if functions > FUNCTIONS or declared > DECLARATIONS:
            what, most = ("functions", FUNCTIONS), ("declarations", DECLARATIONS)
            word, limit = what if functions > FUNCTIONS else most
            raise refused(
                "limit", part, f"more than {limit} {word}", "split the contract into several"
            )


def _import(module: _Module, node: s.Import) -> None:
    for name in node.names:
        if name.text not in MODULES:
            near = nearest(name.text, MODULES)
            raise refused(
                "name",
                name,
                f"stdlib has no module `{name.text}`",
                f"did you mean `{near}`?" if near else f"it has {', '.join(sorted(MODULES))}",
            )
        module.names.visible[name.text] = name.text


def _declare(module: _Module, node: s.Declaration) -> None:
    found = declarations.declared(module.context(), node)
    if isinstance(found, tree.Stored):
        module.stored.append(found)
        module.names.visible[node.name] = found
    elif isinstance(found, tree.Event):
        module.events.append(found)
        module.names.visible[node.name] = found
    else:
        module.constants.append((node.name, *found))
        module.names.visible[node.name] = ConstantEntry(found[0])


def _signature(node: s.Function) -> Signature:
    """What callers need; decorators and parameters are checked here."""
    decorators = _decorators(node)
    parameters: list[tree.Parameter] = []
    for parameter in node.parameters:
        if any(parameter.name == earlier.name for earlier in parameters):
            raise refused(
                "name", parameter, f"the parameter `{parameter.name}` twice", "another name"
            )
        if parameters and parameters[-1].default and parameter.default is None:
            raise refused(
                "syntax",
                parameter,
                f"`{parameter.name}` has no default and stands behind one that has",
                "parameters with defaults come last",
            )
        type_ = type_of(parameter.annotation)
        parameters.append(tree.Parameter(parameter.name, type_, parameter.default is not None))
    result = NONE if node.result is None else type_of(node.result, result=True)
    if node.name == "init" and result != NONE:
        assert node.result is not None
        raise refused("type", node.result, "`init` returns nothing", "take `-> …` away")
    view, payable = "view" in decorators, "payable" in decorators
    return Signature(node.name, tuple(parameters), result, view, payable, node)


def _decorators(node: s.Function) -> set[str]:
    found: set[str] = set()
    for decorator in node.decorators:
        name = decorator.text
        if name not in ("view", "payable"):
            near = nearest(name, ("view", "payable"))
            raise refused(
                "name",
                decorator,
                f"there is no decorator `{name}`",
                f"did you mean `@{near}`?" if near else "@view or @payable",
            )
        if name in found:
            raise refused("effect", decorator, f"`@{name}` twice", "once")
        if found:
            raise refused(
                "effect", decorator, "@view and @payable exclude each other", "choose one"
            )
        if node.name.startswith("_") or (node.name == "init" and name == "view"):
            raise refused(
                "effect",
                decorator,
                f"`@{name}` on `{node.name}`, which nobody calls from outside",
                "take it away; on `init` only @payable",
            )
        found.add(name)
    return found


def _function(module: _Module, node: s.Function) -> None:
    signature = module.signatures[node.name]
    for parameter, checked in zip(node.parameters, signature.parameters, strict=True):
        if parameter.default is not None:
            _default(module, node, parameter, checked.type)
    bound = bound_names(node.body)
    scope = FunctionScope(signature, bound)
    cx = module.context(scope)
    for parameter in node.parameters:
        at = s.Name(parameter.line, parameter.column, 1, parameter.name)
        assignments.check_name(cx, at)
    for at in bound.values():
        assignments.check_name(cx, at)
    for checked in signature.parameters:
        scope.locals[checked.name] = checked.type
        scope.assign(checked.name)
    body = check_stmt.body(cx, node.body)
    if scope.assigned is not None and signature.result != NONE:
        raise refused(
            "flow",
            node,
            f"`{node.name}` ends without a result on some way",
            f"return a value of type {signature.result} at its end",
        )
    module.scopes[node.name] = scope
    module.functions.append(_made(node, signature, scope, body))


def _default(module: _Module, node: s.Function, parameter: s.Parameter, type_: Type) -> None:
    assert parameter.default is not None
    what = f"the default of `{parameter.name}`"
    _, value = declarations.constant(
        module.context(), parameter.default, parameter.annotation, what
    )
    module.constants.append((f"{node.name}.{parameter.name}", type_, value))


def _made(
    node: s.Function,
    signature: Signature,
    scope: FunctionScope,
    body: tuple[tree.Statement, ...],
) -> tree.Function:
    own = {parameter.name for parameter in signature.parameters}
    return tree.Function(
        node.line,
        node.name,
        signature.parameters,
        signature.result,
        body,
        signature.view,
        signature.payable,
        node.documentation,
        tuple((name, type_) for name, type_ in scope.locals.items() if name not in own),
    )
