"""Every statement: what it does, in which order, and when its blocks are charged."""

from __future__ import annotations

import pytest

from execution.lang import tree
from execution.lang.types import (
    BOOL,
    BYTES,
    INT,
    INT_MAX,
    NONE,
    STR,
    dict_of,
    list_of,
    optional,
    tuple_of,
)
from execution.vm import costs
from execution.vm.outcome import OutOfGas, Reverted
from tests.execution.vm.build import (
    L,
    Meter,
    assign,
    at,
    augment,
    bind,
    builtin,
    call,
    cmp,
    function,
    host,
    lit,
    loop,
    lst,
    module,
    op,
    ret,
    run_call,
    tup,
    var,
)

LIST = list_of(INT)
X, Y, S = var("x"), var("y"), var("s")
XS = var("xs", LIST)


def run(*body, result=INT, gas=10**9, hosts=None, stored=(), **values):
    """What the body returns, the gas used, and the log."""
    parameters = {name: of for name, (of, _) in values.items()}
    made = module(function("f", parameters, result, *body), stored=stored)
    m = Meter(gas)
    bound = bind(made, hosts or LOGGING)
    return bound.call(m, "f", tuple(v for _, v in values.values())), gas - m.gas, m.log


def reverts(reason, *body, **more):
    with pytest.raises((Reverted, IndexError, KeyError)) as caught:
        run(*body, **more)
    error = caught.value
    names = {IndexError: "vm.index", KeyError: "vm.key"}
    assert (error.reason if isinstance(error, Reverted) else names[type(error)]) == reason


LOGGING = {"beacon.round": lambda m, n: m.log.append(n) or n}


def step(number: int):
    return host("beacon.round", INT, lit(number))


def note(value):
    """A statement that logs a value."""
    return run_call(host("beacon.round", INT, value))


def add(target, value):
    return augment(target, "+", value)


# --- assignment -----------------------------------------------------------------------------------


def test_the_right_side_runs_before_the_targets_parts():
    base = call("base", LIST)
    made = module(
        function("base", {}, LIST, note(lit(2)), ret(lst(INT, lit(0), lit(0)))),
        function("f", {}, NONE, assign(at(base, step(1)), step(9))),
    )
    m = Meter()
    bind(made, LOGGING).call(m, "f")
    assert m.log == [9, 2, 1]


@pytest.mark.parametrize("key, packed", [(INT, bytes(31) + b"\x05"), (BYTES, b"k" * 16)])
def test_dict_items(key, packed):
    of = dict_of(key, INT)
    d, k = var("d", of), var("k", key)
    value = 5 if key == INT else packed
    grown = 20 + (0 if key == INT else 2)
    data: dict = {}
    _, gas, _ = run(assign(at(d, k), lit(7)), ret(lit(0)), d=(of, data), k=(key, value))
    assert data == {packed: 7}
    block = [assign(at(d, k), lit(7)), ret(lit(0))]
    assert gas == sum(map(costs.statement, block)) + grown
    _, gas, _ = run(add(at(d, k), lit(3)), ret(lit(0)), d=(of, data), k=(key, value))
    assert data == {packed: 10}
    block = [add(at(d, k), lit(3)), ret(lit(0))]
    assert gas == sum(map(costs.statement, block)) + grown + (0 if key == INT else 2)
    run(tree.Delete(L, at(d, k)), ret(lit(0)), d=(of, data), k=(key, value))
    assert data == {}
    for statement in (tree.Delete(L, at(d, k)), add(at(d, k), lit(1))):
        reverts("vm.key", statement, ret(lit(0)), d=(of, data), k=(key, value))


def test_a_full_dict_takes_no_new_key():
    of = dict_of(BYTES, INT)
    d = {i.to_bytes(3, "big"): i for i in range(65_536)}
    put = assign(at(var("d", of), var("k", BYTES)), lit(-1))
    run(put, ret(lit(0)), d=(of, d), k=(BYTES, bytes(3)))
    assert d[bytes(3)] == -1
    reverts("vm.size", put, ret(lit(0)), d=(of, d), k=(BYTES, b"new"))
    ints = {i.to_bytes(32, "big"): i for i in range(65_536)}
    put = assign(at(var("d", dict_of(INT, INT)), X), lit(-1))
    reverts("vm.size", put, ret(lit(0)), d=(dict_of(INT, INT), ints), x=(INT, -1))


def test_list_items():
    xs = [1, 2, 3]
    run(assign(at(XS, lit(0)), lit(9)), add(at(XS, X), lit(5)), ret(X), xs=(LIST, xs), x=(INT, -1))
    assert xs == [9, 2, 8]
    run(tree.Delete(L, at(XS, lit(1))), ret(X), xs=(LIST, xs), x=(INT, 0))
    assert xs == [9, 8]
    for index in (2, -3, INT_MAX):
        for s in (assign(at(XS, X), X), add(at(XS, X), X), tree.Delete(L, at(XS, X))):
            reverts("vm.index", s, ret(X), xs=(LIST, xs), x=(INT, index))


def test_delete_costs_by_the_lists_length():
    s = tree.Delete(L, at(XS, X))
    _, gas, _ = run(s, ret(X), xs=(LIST, [0] * 165), x=(INT, 164))
    assert gas == costs.statement(s) + costs.statement(ret(X)) + 10


def test_augmented_parts_run_once_in_order():
    base = call("base", LIST)
    made = module(
        function("base", {"y": LIST}, LIST, note(lit(1)), ret(var("y", LIST))),
        function("f", {"xs": LIST}, NONE, add(at(call("base", LIST, XS), step(0)), step(7))),
    )
    assert base
    m, xs = Meter(), [10]
    bind(made, LOGGING).call(m, "f", (xs,))
    assert (m.log, xs) == ([1, 0, 7], [17])


def test_the_old_item_is_read_before_the_operand_runs():
    change = function("change", {"xs": LIST}, INT, assign(at(XS, lit(0)), lit(50)), ret(lit(1)))
    f = function("f", {"xs": LIST}, NONE, add(at(XS, lit(0)), call("change", INT, XS)))
    xs = [10]
    bind(module(change, f)).call(Meter(), "f", (xs,))
    assert xs == [11]


@pytest.mark.parametrize("symbol", ["+", "-", "*", "//", "%", "**", "<<", ">>", "&", "|", "^"])
def test_augmented_ints(symbol):
    value, gas, _ = run(augment(X, symbol, lit(3)), ret(X), x=(INT, 13))
    assert value == eval(f"13 {symbol} 3")
    assert gas == costs.statement(augment(X, symbol, lit(3))) + costs.statement(ret(X))
    assert costs.statement(augment(X, symbol, lit(3))) == 2 + 1 + 1 + 1 + costs.operator(
        symbol, INT
    )


@pytest.mark.parametrize("of, value", [(BYTES, b"ab"), (STR, "ab"), (LIST, [1, 2])])
def test_augmented_sequences(of, value):
    x = var("x", of)
    unit = {"list": 8, "bytes": 1, "str": 4}[of.kind]
    before = sum(map(costs.statement, (augment(x, "+", x), ret(x))))
    given = value[:]
    got, gas, _ = run(augment(x, "+", x), ret(x), result=of, x=(of, given))
    assert (got, gas - before) == (value + value, unit * 4 // 2)
    assert (got is given) == (of == LIST)
    given = value[:]
    got, gas, _ = run(augment(x, "*", lit(3)), ret(x), result=of, x=(of, given))
    assert (got, gas - before) == (value * 3, unit * 6 // 2)
    assert (got is given) == (of == LIST)
    assert run(augment(x, "*", lit(-(2**99))), ret(x), result=of, x=(of, value[:]))[0] == value[:0]
    for s in (augment(x, "*", lit(2**99)), augment(x, "*", lit(32_769))):
        reverts("vm.size", s, ret(x), result=of, x=(of, value))
    reverts("vm.size", augment(x, "+", x), ret(x), result=of, x=(of, value * 20_000))


def test_unpacking():
    swap = tree.Unpack(L, (X, Y), tup(Y, X), (False, False))
    pair = tree.TupleOf(L, tuple_of(INT, INT), (X, Y))
    assert run(swap, ret(pair), result=pair.type, x=(INT, 1), y=(INT, 2))[0] == (2, 1)
    from_list = tree.Unpack(L, (X, Y), XS, (False, False))
    assert run(from_list, ret(op(X, "-", Y)), xs=(LIST, [5, 3]))[0] == 2
    for wrong in ([], [1], [1, 2, 3]):
        reverts("vm.unpack", from_list, ret(X), xs=(LIST, wrong))
    one = tree.Unpack(L, (X,), XS, (False,))
    assert run(one, ret(X), xs=(LIST, [5]))[0] == 5
    reverts("vm.unpack", one, ret(X), xs=(LIST, [5, 6]))
    first = tree.Unpack(L, (at(XS, lit(0)),), XS, (False,))
    assert run(first, ret(at(XS, lit(0))), xs=(LIST, [5]))[0] == 5
    to_items = tree.Unpack(
        L, (at(XS, step(1)), at(XS, step(0))), tup(step(7), step(8)), (False,) * 2
    )
    xs = [0, 0]
    assert run(to_items, ret(lit(0)), xs=(LIST, xs))[2] == [7, 8, 1, 0]
    assert xs == [8, 7]


def test_unpacking_narrows_each_target_in_its_turn():
    pair = tuple_of(INT, optional(INT))
    s = tree.Unpack(L, (at(XS, lit(5)), Y), var("p", pair), (False, True))
    reverts("vm.index", s, ret(Y), xs=(LIST, []), p=(pair, (1, None)))
    s = tree.Unpack(L, (X, Y), var("p", pair), (False, True))
    reverts("vm.none", s, ret(Y), p=(pair, (1, None)))
    assert run(s, ret(Y), p=(pair, (1, 4)))[0] == 4


# --- flow -----------------------------------------------------------------------------------------


def test_blocks_of_an_if_and_its_elifs():
    conditions = [cmp(X, "==", lit(n)) for n in range(3)]
    arms = tuple((c, (assign("s", lit(n)), ret(S))) for n, c in enumerate(conditions))
    made = tree.If(L, arms, (ret(lit(9)),))
    first = costs.STEP + costs.cost(conditions[0])
    test, arm = costs.arm(conditions[1]), costs.STEP * 2 + 3
    assert (first, test) == (2 + 8, 13 + 8)
    for x, gas in ((0, first + arm), (1, first + test + arm), (2, first + 2 * test + arm)):
        assert run(made, x=(INT, x))[:2] == (x, gas)
    assert run(made, x=(INT, 5))[:2] == (9, first + 2 * test + 3)


def test_a_row_of_statements_is_one_block_with_the_head_behind_it():
    body = (
        assign("s", lit(0)),
        assign("s", lit(1)),
        tree.If(L, ((cmp(X, "<", lit(0)), (ret(S),)),), ()),
        ret(lit(2)),
    )
    assert run(*body, x=(INT, -1))[1] == 4 + 4 + (2 + 8) + 3
    assert run(*body, x=(INT, 1))[1] == 4 + 4 + (2 + 8) + 3
    with pytest.raises(OutOfGas):
        run(note(lit(1)), *body, x=(INT, 1), gas=180 + 3 + 18)
    assert run(note(lit(1)), *body, x=(INT, -1), gas=180 + 3 + 18 + 3)[2] == [1]


def test_nothing_of_a_block_runs_that_is_not_paid():
    made = bind(module(function("f", {}, INT, note(lit(1)), ret(lit(0)))), LOGGING)
    m = Meter(180 + 2 + 1 + 2)
    with pytest.raises(OutOfGas):
        made.call(m, "f")
    assert m.log == [] and m.gas < 0


def test_while():
    body = (
        tree.While(L, cmp(X, ">", lit(0)), (add(S, X), augment(X, "-", lit(1)))),
        ret(S),
    )
    test = costs.LOOP + costs.STEP + 8
    turn = sum(map(costs.statement, body[0].body))
    for x in (0, 1, 5):
        value, gas, _ = run(*body, x=(INT, x), s=(INT, 0))
        assert (value, gas) == (sum(range(x + 1)), test * (x + 1) + turn * x + 3)


def test_break_and_continue():
    odd = tree.Truth(L, op(X, "&", lit(1)))
    made = loop(
        X,
        lst(INT, *map(lit, range(1, 9))),
        tree.If(L, ((tree.Not(L, BOOL, odd), (tree.Simple(L, "continue"),)),), ()),
        tree.If(L, ((cmp(X, ">", lit(5)), (tree.Simple(L, "break"),)),), ()),
        add(S, X),
    )
    assert run(made, ret(S), s=(INT, 0))[0] == 1 + 3 + 5
    endless = tree.While(
        L, lit(True), (add(S, lit(1)), tree.If(L, ((cmp(S, "==", lit(9)), (ret(S),)),), ()))
    )
    assert run(endless, s=(INT, 0))[0] == 9


def test_a_loop_without_end_runs_out_of_gas():
    with pytest.raises(OutOfGas):
        run(tree.While(L, lit(True), (tree.Simple(L, "pass"),)), gas=10**5)


def items_of(names, over, *sources, narrow=None, **values):
    """What a loop binds in each turn, and the gas beyond its blocks."""
    targets = tuple(names)
    first = targets[0] if len(targets) == 1 else tup(*targets)
    made = loop(
        targets,
        sources[0],
        run_call(tree.Method(L, NONE, "append", var("out", list_of(first.type)), (first,))),
        over=over,
        more=sources[1:],
        narrow=narrow,
    )
    out: list = []
    values["out"] = (list_of(first.type), out)
    _, gas, _ = run(made, ret(lit(0)), **values)
    body = costs.turn(made) + sum(map(costs.statement, made.body)) + 20
    return out, gas - costs.head(made) - body * len(out) - costs.statement(ret(lit(0)))


def test_loops_over_values():
    assert items_of([X], "value", XS, xs=(LIST, [4, 5])) == ([4, 5], 0)
    assert items_of([X], "value", lit(b"ab")) == ([97, 98], 0)
    assert items_of([var("c", STR)], "value", lit("a€")) == (["a", "€"], 0)
    assert items_of([X], "value", tup(lit(1), lit(2))) == ([1, 2], 0)
    d = dict_of(STR, INT)
    assert items_of([var("c", STR)], "value", var("d", d), d=(d, {"a": 1, "b": 2})) == (
        ["a", "b"],
        100,
    )
    d = dict_of(INT, INT)
    packed = {b"\xff" * 32: 1, bytes(32): 2}
    assert items_of([X], "value", var("d", d), d=(d, packed)) == ([-1, 0], 100)


def test_loops_over_calls():
    assert items_of([X], "range", lit(3)) == ([0, 1, 2], 0)
    assert items_of([X], "range", lit(1), lit(3)) == ([1, 2], 0)
    assert items_of([X], "range", lit(5), lit(0), lit(-2)) == ([5, 3, 1], 0)
    assert items_of([X], "range", lit(INT_MAX - 1), lit(INT_MAX), lit(2)) == ([INT_MAX - 1], 0)
    assert items_of([X], "range", lit(0), lit(-5)) == ([], 0)
    assert items_of([X, Y], "enumerate", XS, xs=(LIST, [7, 8])) == ([(0, 7), (1, 8)], 0)
    assert items_of([X, Y], "enumerate", XS, lit(-3), xs=(LIST, [7])) == ([(-3, 7)], 0)
    two = items_of([X, Y], "zip", XS, var("ys", LIST), xs=(LIST, [1, 2, 3]), ys=(LIST, [4, 5]))
    assert two == ([(1, 4), (2, 5)], 0)
    three = items_of([X, Y, var("z")], "zip", XS, XS, XS, xs=(LIST, [1, 2]))
    assert three == ([(1, 1, 1), (2, 2, 2)], 0)
    assert items_of([X], "reversed", XS, xs=(LIST, [1, 2, 3])) == ([3, 2, 1], 12)
    pair = var("p", tuple_of(INT, INT))
    assert items_of([pair], "enumerate", XS, xs=(LIST, [7])) == ([(0, 7)], 0)


def test_a_step_of_0_and_an_enumeration_beyond_int():
    reverts("vm.value", loop(X, lit(0), ret(X), over="range", more=(lit(1), lit(0))), ret(lit(0)))
    count = loop((X, Y), XS, note(Y), over="enumerate", more=(lit(INT_MAX - 1),))
    assert run(count, ret(lit(0)), xs=(LIST, [1, 2]))[2] == [1, 2]
    reverts("vm.overflow", count, ret(lit(0)), xs=(LIST, [1, 2, 3]))


def test_loops_unpack_and_narrow_their_items():
    pairs = list_of(tuple_of(INT, optional(INT)))
    ps = var("ps", pairs)
    got = items_of([X, Y], "value", ps, narrow=(False, True), ps=(pairs, [(1, 2), (3, 4)]))
    assert got == ([(1, 2), (3, 4)], 0)
    made = loop((X, Y), ps, note(X), narrow=(False, True))
    reverts("vm.none", made, ret(lit(0)), ps=(pairs, [(1, 2), (3, None)]))
    lists = list_of(LIST)
    ls = var("ls", lists)
    assert items_of([X, Y], "value", ls, ls=(lists, [[1, 2], [3, 4]])) == ([(1, 2), (3, 4)], 0)
    assert items_of([X, Y], "reversed", ls, ls=(lists, [[1, 2], [3, 4]]))[0] == [(3, 4), (1, 2)]
    reverts("vm.unpack", loop((X, Y), ls, note(X)), ret(lit(0)), ls=(lists, [[1, 2], [3]]))
    some = list_of(optional(INT))
    made = loop(X, var("o", some), note(X), narrow=(True,))
    reverts("vm.none", made, ret(lit(0)), o=(some, [None]))


def test_a_list_is_run_over_as_it_is_and_a_dict_as_it_was():
    grow = loop(
        X,
        XS,
        tree.If(
            L,
            (
                (
                    cmp(X, "<", lit(5)),
                    (run_call(tree.Method(L, NONE, "append", XS, (op(X, "+", lit(1)),))),),
                ),
            ),
            (),
        ),
    )
    xs = [3]
    run(grow, ret(lit(0)), xs=(LIST, xs))
    assert xs == [3, 4, 5]
    of = dict_of(STR, INT)
    d = var("d", of)
    drop = loop(
        var("k", STR), d, tree.Delete(L, at(d, var("k", STR))), assign(at(d, lit("new")), X)
    )
    data = {"a": 1, "b": 2}
    run(drop, ret(lit(0)), d=(of, data), x=(INT, 5))
    assert data == {"new": 5}


def test_only_the_first_block_of_a_for_has_the_turn_on_top():
    branch = tree.If(L, ((lit(True), (tree.Simple(L, "pass"),)),), ())
    made = loop(X, lit(3), branch, assign("s", X), over="range")
    assert run(made, ret(lit(0)))[1] == (2 + 13 + 72 + 1) + 3 * ((13 + 1) + (2 + 1) + 2 + 4) + 3


def test_a_for_whose_body_begins_with_a_while_is_charged_all_the_same():
    never = tree.While(L, cmp(lit(1), "<", lit(0)), (tree.Simple(L, "pass"),))
    made = loop(X, lit(3), never, over="range")
    assert run(made, ret(lit(0)))[1] == (2 + 13 + 72 + 1) + 3 * (13 + 1) + 3 * (13 + 2 + 8) + 3


# --- failing --------------------------------------------------------------------------------------


def test_assert():
    made = tree.Assert(L, tree.Truth(L, X), None)
    assert run(made, ret(X), x=(INT, 1))[0] == 1
    reverts("vm.assert", made, ret(X), x=(INT, 0))
    reason = builtin("str", STR, step(77))
    made = tree.Assert(L, tree.Truth(L, X), reason)
    _, gas, log = run(made, ret(X), x=(INT, 1))
    assert log == [] and gas == costs.statement(made) + costs.statement(ret(X))
    reverts("77", made, ret(X), x=(INT, 0))


def test_require_and_revert():
    for reason in (lit("no"), op(lit("n"), "+", lit("o"))):
        made = run_call(host("abi.require", NONE, tree.Truth(L, X), reason))
        assert run(made, ret(X), x=(INT, 1))[0] == 1
        reverts("no", made, ret(X), x=(INT, 0))
    both = host("abi.require", NONE, lit(True), builtin("str", STR, step(5)))
    assert run(run_call(both), ret(lit(0)))[2] == [5]
    reverts("it is over", run_call(host("abi.revert", NONE, lit("it is over"))))
