"""The standard library: what is computed here, and how the rest is called."""

from __future__ import annotations

import hashlib

import pytest

from execution.abi import codec, ints
from execution.lang import tree
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    NONE,
    STR,
    dict_of,
    list_of,
    optional,
    tuple_of,
)
from execution.vm.outcome import OutOfGas, Reverted
from tests.execution.vm.build import (
    L,
    Meter,
    assign,
    augment,
    bind,
    call,
    cmp,
    evaluate,
    function,
    host,
    lit,
    module,
    op,
    ret,
    run_call,
    tup,
    var,
)

TO = b"\0\0" + bytes(32)


class Recorder(dict):
    """Host functions that note their name and arguments and answer with a value."""

    def __init__(self, **answers):
        super().__init__()
        self.seen: list[tuple] = []
        self.answers = answers

    def __missing__(self, name):
        def function(m, *args):
            self.seen.append((name, *args))
            return self.answers.get(name.replace(".", "_"))

        return function


def seen(*body, result=NONE, stored=(), events=(), answers=None, functions=(), **values):
    """The host calls of a body."""
    host = Recorder(**answers or {})
    parameters = {name: of for name, (of, _) in values.items()}
    f = function("f", parameters, result, *body)
    made = module(*functions, f, stored=stored, events=events)
    value = bind(made, host).call(Meter(), "f", tuple(v for _, v in values.values()))
    return value, host.seen


# --- abi, hash ------------------------------------------------------------------------------------


def test_encode():
    assert evaluate(host("abi.encode", BYTES, lit(5))) == (codec.encode(5, INT), 100 + 48)
    of = dict_of(INT, STR)
    e = host("abi.encode", BYTES, var("d", of))
    data = {ints.pack_key(i): str(i) for i in (3, -1)}
    assert evaluate(e, d=(of, data)) == (
        codec.encode({3: "3", -1: "-1"}, of),
        100 + 12 * (64 + 2 * 16),
    )
    several = host("abi.encode", BYTES, lit(5), lit("a"), lit(None, optional(INT)))
    wanted = codec.encode((5, "a", None), tuple_of(INT, STR, optional(INT)))
    assert evaluate(several) == (wanted, 100 + 12 * (16 + 4 + 4 + 4))


def test_encode_ends_where_gas_or_size_do():
    of = list_of(list_of(list_of(INT)))
    e = host("abi.encode", BYTES, var("x", of))
    wide = [[[0] * 60_000] * 60_000] * 60_000
    with pytest.raises(OutOfGas):
        evaluate(e, x=(of, wide))
    with pytest.raises(Reverted, match=r"vm\.size"):
        evaluate(e, x=(of, [[[0] * 60_000] * 60]))
    with pytest.raises(Reverted, match=r"vm\.size"):
        evaluate(e, x=(of, [[[0] * 2_000]]))
    assert len(evaluate(e, x=(of, [[[0] * 1_900]]))[0]) == 3 + 2 + 34 * 1_900


def test_decode():
    data = codec.encode([1, -1], list_of(INT))
    e = host("abi.decode", list_of(INT), lit(data), types=(list_of(INT),))
    assert evaluate(e) == ([1, -1], 300 + 80 * len(data))
    of = tuple_of(INT, dict_of(INT, INT))
    data = codec.encode((1, {2: 3}), of)
    e = host("abi.decode", of, lit(data), types=of.args)
    assert evaluate(e)[0] == (1, {ints.pack_key(2): 3})
    for bad in (b"", data[:-1], data + b"\0", codec.encode(1, INT), b"\xf9\0\0"):
        e = host("abi.decode", of, lit(bad), types=of.args)
        with pytest.raises(Reverted, match=r"vm\.value"):
            evaluate(e)


@pytest.mark.parametrize("name", ["sha3_256", "sha3_512", "sha256", "sha512"])
def test_hashes(name):
    for data in (b"", b"abc", b"x" * 1_000):
        wanted = hashlib.new(name, data).digest()
        assert evaluate(host(f"hash.{name}", BYTES, lit(data))) == (wanted, 100 + 2 * len(data))


# --- what the machine does ------------------------------------------------------------------------

CELL = tree.Stored(1, "total", (), INT)
MAP = tree.Stored(2, "held", (ADDRESS, INT), INT)
X = var("x")


def item(*keys):
    return tree.StoredItem(L, INT, "held", keys)


def test_cells():
    get = host("cell.get", INT, name_of="total")
    put = run_call(host("cell.set", NONE, lit(5), name_of="total"))
    value, calls = seen(put, ret(get), result=INT, stored=(MAP, CELL), answers={"cell_get": 8})
    assert value == 8 and calls == [("cell.set", CELL, 5), ("cell.get", CELL)]


def test_maps():
    keys = (lit(TO), lit(-1))
    body = (
        assign(item(*keys), lit(7)),
        assign(X, item(*keys)),
        augment(item(*keys), "+", lit(2)),
        tree.Delete(L, item(*keys)),
        ret(tree.StoredIn(L, BOOL, "held", keys, False)),
    )
    answers = {"map_get": 40, "map_has": True}
    value, calls = seen(*body, result=BOOL, stored=(CELL, MAP), answers=answers)
    k = (TO, -1)
    assert value is True
    assert calls == [
        ("map.set", MAP, k, 7),
        ("map.get", MAP, k),
        ("map.get", MAP, k),
        ("map.set", MAP, k, 42),
        ("map.delete", MAP, k),
        ("map.has", MAP, k),
    ]
    absent = ret(tree.StoredIn(L, BOOL, "held", keys, True))
    assert seen(absent, result=BOOL, stored=(MAP,), answers=answers)[0] is False


def test_the_value_runs_before_the_keys():
    first = host("beacon.round", INT)
    second = host("context.gas_left", INT)
    one_key = tree.Stored(1, "m", (INT,), INT)
    target = tree.StoredItem(L, INT, "m", (second,))
    _, calls = seen(assign(target, first), stored=(one_key,))
    assert [name for name, *_ in calls] == ["beacon.round", "context.gas_left", "map.set"]
    _, calls = seen(
        augment(target, "+", first),
        stored=(one_key,),
        answers={
            "map_get": 1,
            "beacon_round": 2,
        },
    )
    names = [name for name, *_ in calls]
    assert names == ["context.gas_left", "map.get", "beacon.round", "map.set"]
    assert calls[-1] == ("map.set", one_key, (None,), 3)


def test_events_take_their_fields_in_the_order_of_the_declaration():
    event = tree.Event(3, "Paid", (("to", ADDRESS), ("amount", INT), ("memo", STR)))
    e = host("emit", NONE, lit("m"), lit(TO), lit(5), name_of="Paid", order=(2, 0, 1))
    assert seen(run_call(e), events=(event,))[1] == [("emit", event, (TO, 5, "m"))]
    e = host("emit", NONE, lit(TO), lit(5), lit("m"), name_of="Paid", order=(0, 1, 2))
    assert seen(run_call(e), events=(event,))[1] == [("emit", event, (TO, 5, "m"))]
    one = tree.Event(3, "One", (("n", INT),))
    e = host("emit", NONE, lit(5), name_of="One", order=(0,))
    assert seen(run_call(e), events=(one,))[1] == [("emit", one, (5,))]
    e = host("emit", NONE, name_of="None_")
    assert seen(run_call(e), events=(tree.Event(3, "None_", ()),))[1][0][2] == ()


RESULT = tuple_of(BOOL, BYTES)


def test_calls_of_other_contracts():
    def arguments(**more):
        e = host("abi.call", RESULT, lit(TO), lit("pay"), lit(1), lit("a"), **more)
        return seen(ret(e), result=RESULT)[1][-1]

    head = ("abi.call", TO, "pay", (INT, STR), (1, "a"))
    assert arguments() == (*head, 0, None)
    assert arguments(value=lit(5)) == (*head, 5, None)
    assert arguments(gas=lit(9), value_first=False) == (*head, 0, 9)
    assert arguments(value=lit(5), gas=lit(9)) == (*head, 5, 9)
    assert arguments(value=lit(5), gas=lit(9), value_first=False) == (*head, 5, 9)
    e = host("abi.call", RESULT, lit(TO), lit("pay"))
    assert seen(ret(e), result=RESULT)[1] == [("abi.call", TO, "pay", (), (), 0, None)]
    e = host("abi.forward", RESULT, lit(TO), lit(b"data"), gas=lit(4), value_first=False)
    assert seen(ret(e), result=RESULT)[1] == [("abi.forward", TO, b"data", 0, 4)]


@pytest.mark.parametrize("value_first", [True, False])
def test_value_and_gas_run_as_they_are_written(value_first):
    more = {"value": host("beacon.round", INT), "gas": host("context.gas_left", INT)}
    e = host("abi.call", RESULT, lit(TO), lit("f"), value_first=value_first, **more)
    answers = {"beacon_round": 1, "context_gas_left": 2}
    calls = seen(ret(e), result=RESULT, answers=answers)[1]
    order = ["beacon.round", "context.gas_left"]
    assert [name for name, *_ in calls[:2]] == (order if value_first else order[::-1])
    assert calls[2][-2:] == (1, 2)


@pytest.mark.parametrize(
    "name, result, given",
    [
        ("storage.get", BYTES, [b"k"]),
        ("storage.set", NONE, [b"k", b"v"]),
        ("storage.delete", NONE, [b"k"]),
        ("storage.has", BOOL, [b"k"]),
        ("treasury.balance", INT, []),
        ("treasury.transfer", NONE, [b"k", 5]),
        ("crypto.verify", BOOL, [b"a", b"b", b"c", b"d"]),
        ("beacon.round", INT, []),
        ("beacon.random", BYTES, [1, 2]),
        ("syscalls.blob_pin", BYTES, [b"n", b"d"]),
        ("syscalls.ai_enqueue", BYTES, [b"m", b"p", 3]),
        ("syscalls.quantum_enqueue", BYTES, [b"c", 1, 3]),
        ("syscalls.read_result", BYTES, [b"i"]),
        ("zk.verify", BOOL, [b"c", b"p", b"q"]),
        ("context.gas_left", INT, []),
    ],
)
def test_all_else_is_passed_on(name, result, given):
    e = host(name, result, *map(lit, given))
    assert seen(run_call(e))[1] == [(name, *given)]


def test_context():
    for name in ("sender", "origin", "this", "value", "height", "time", "chain", "txid"):
        e = tree.Context(L, INT, name)
        answer = {f"context_{name}": 4}
        assert seen(ret(e), result=INT, answers=answer) == (4, [(f"context.{name}",)])


# --- static views ---------------------------------------------------------------------------------


def view(name, *body):
    f = function(name, {"x": INT}, INT, *body)
    return tree.Function(f.line, name, f.parameters, INT, f.body, True, False, "", ())


def test_a_view_that_calls_others_is_called_as_one():
    outward = run_call(host("abi.call", RESULT, lit(TO), lit("g")))
    deep = view("deep", outward, ret(X))
    middle = view("middle", ret(call("deep", INT, X)))
    harmless = view("harmless", ret(X))
    both = ret(op(call("middle", INT, lit(3)), "+", call("harmless", INT, lit(4))))
    f = function("f", {}, INT, both)
    host_ = Recorder()
    host_["view.call"] = lambda m, g, *args: host_.seen.append(("view.call", *args)) or g(m, *args)
    assert bind(module(deep, middle, harmless, f), host_).call(Meter(), "f") == 7
    assert [entry[0] for entry in host_.seen] == ["view.call", "abi.call"]
    assert host_.seen[0] == ("view.call", 3)


def test_comparing_with_a_call_of_the_host_runs_it_once():
    e = cmp(lit(0), "<", host("beacon.round", INT), "<", lit(9))
    assert seen(ret(e), result=BOOL, answers={"beacon_round": 5}) == (True, [("beacon.round",)])
    assert tup(X, X).type == tuple_of(INT, INT)
