"""What functions do through others: recursion, chains of calls, writes of views.

Source: docs/spec/contracts.md, "The module".
"""

from __future__ import annotations

from execution.lang import syntax as s
from execution.lang.flow import FunctionScope
from execution.lang.names import refused

CHAIN = 32
"""Most functions in a chain of calls, the first included."""


def check(functions: dict[str, FunctionScope]) -> None:
    """Refuse recursion, chains that are too long, and views that write."""
    chains: dict[str, int] = {}
    writers: dict[str, str] = {}
    for name in _callees_first(functions):
        scope = functions[name]
        chains[name] = 1 + max((chains[callee] for callee, _ in scope.calls), default=0)
        if chains[name] > CHAIN:
            raise refused(
                "limit",
                scope.signature.at,
                f"`{name}` begins a chain of calls {chains[name]} functions long",
                f"at most {CHAIN}: call fewer functions from functions",
            )
        _writing(name, scope, writers)


def _writing(name: str, scope: FunctionScope, writers: dict[str, str]) -> None:
    """Add the function to those that write, with what it does; refuse it if it is a view."""
    found: list[tuple[str, s.Node]] = list(scope.writes)
    for callee, at in scope.calls:
        if callee in writers:
            found.append((f"`{callee}`, which writes ({writers[callee]})", at))
    if not found:
        return
    what, at = min(found, key=lambda entry: (entry[1].line, entry[1].column))
    writers[name] = what if scope.writes else writers[_first_writer(scope, writers)]
    if scope.signature.view:
        raise refused("effect", at, f"{what} in the view `{name}`", "take @view away, or only read")


def _first_writer(scope: FunctionScope, writers: dict[str, str]) -> str:
    return next(callee for callee, _ in scope.calls if callee in writers)


def _callees_first(functions: dict[str, FunctionScope]) -> list[str]:
    """The functions, each behind those that it calls; refuses recursion."""
    done: dict[str, bool] = {}  # False while the function is being walked
    order: list[str] = []
    for start in functions:
        if start in done:
            continue
        done[start] = False
        path = [(start, iter(functions[start].calls))]
        while path:
            name, calls = path[-1]
            step = next(calls, None)
            if step is None:
                done[name] = True
                order.append(name)
                path.pop()
                continue
            callee, at = step
            if callee not in done:
                done[callee] = False
                path.append((callee, iter(functions[callee].calls)))
            elif not done[callee]:
                raise _recursive(callee, [each for each, _ in path], at)
    return order


def _recursive(callee: str, path: list[str], at: s.Node) -> Exception:
    circle = [*path[path.index(callee) :], callee]
    return refused(
        "effect",
        at,
        f"a function calls itself: {' → '.join(circle)}",
        "write it as a loop",
    )
