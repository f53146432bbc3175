"""chain.getScore and chain.getBlockProofs on a chain with useful work, against what was put in."""

from __future__ import annotations

from hashlib import sha3_256
from math import exp, log

import cbor2
import pytest

from chain import service
from chain.errors import NotExecuted, Pruned
from chain.values import Part
from core.proof import AI, QUANTUM, STORAGE
from pq import addresses
from rpc.caller import Caller
from rpc.errors import ParamsInvalid
from rpc.methods import load
from tests.scored import VERIFIERS, grow, scored_network, share, work
from tests.support import ChainBuilder, Made, import_all, key, new_importer

pytestmark = pytest.mark.django_db
NETWORK = scored_network()
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
MINER, OTHER = key(0).address, key(5).address
SLICE = 10_000_000_000 // 5 // 4
SHARE_1 = share(BUILDER, BUILDER.genesis, 7)


def call(name: str, *args: object):
    return load().find(name).call(list(args), Caller("10.0.0.1"))


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


@pytest.fixture
def line(db, node) -> list[Made]:
    """Block 1 is plain, 2 has every type of work, 3 more of it than Γ; one block lies aside."""
    node.importer.network = NETWORK
    first = BUILDER.make(BUILDER.genesis)
    second = BUILDER.make(
        first,
        envelopes=[
            work(AI, 300, MINER, quality=500_000),
            work(AI, 200, OTHER),
            work(QUANTUM, 100, MINER),
            work(STORAGE, 50, MINER),
            SHARE_1,
            share(BUILDER, first, 8),
        ],
    )
    much = [work(kind, 10_000, MINER) for kind in (AI, QUANTUM, STORAGE)]
    third = grow(BUILDER, second, [much])[0]
    aside = BUILDER.make(BUILDER.genesis, extra=b"aside", envelopes=[work(AI, 9, MINER)])
    import_all(new_importer(NETWORK, verifiers=VERIFIERS), [first, second, third, aside])
    return [BUILDER.genesis, first, second, third, aside]


def test_the_steps_of_a_score(line):
    score = call("chain.getScore", 2)
    header = line[2].header
    assert (score["hash"], score["height"], score["canonical"]) == (hexed(line[2].hash), 2, True)
    ai, quantum, storage = score["types"]
    assert [one["name"] for one in score["types"]] == ["ai", "quantum", "storage"]
    assert [one["type"] for one in score["types"]] == [AI, QUANTUM, STORAGE]
    # units · quality of what the producer itself is credited, by the formulas in floats
    works = {"ai": 150, "quantum": 100, "storage": 50}
    raws = {name: 0.8 * log(1 + units / 1_000) for name, units in works.items()}
    multiplier = 1 + 0.1 * min(1, raws["storage"] / 0.2)
    for one in score["types"]:
        assert one["work"] == str(works[one["name"]] * 10**6)
        assert one["raw"] == pytest.approx(raws[one["name"]] * 1e6, abs=2)
        assert one["multiplied"] == pytest.approx(raws[one["name"]] * multiplier * 1e6, abs=3)
        assert one["psi"] == one["multiplied"] and not one["capped"]
        assert one["alpha"] == 1_000_000
    assert (ai["cap"], quantum["cap"], storage["cap"]) == (700_000, 500_000, 500_000)
    assert score["multiplier"] == pytest.approx(multiplier * 1e6, abs=2)
    assert score["uncapped"] == score["psi"] == sum(one["psi"] for one in score["types"])
    assert score["psi"] == header.psi > 0 and not score["capped"]
    assert score["gamma"] == 1_000_000


def test_the_seal_of_a_score(line):
    for height in (1, 2, 3):
        score, header = call("chain.getScore", height), line[height].header
        u, threshold = int(score["u"]), int(score["threshold"])
        assert u == header.draw < threshold
        assert score["draw"] == pytest.approx(-log((u + 1) / 2**256) * 1e6, abs=2)
        assert score["score"] == score["draw"] + header.psi
        assert score["theta"] == header.theta
        assert score["surplus"] == score["score"] - header.theta >= 0
        assert threshold / 2**256 == pytest.approx(exp(-(header.theta - header.psi) / 1e6))
        assert int(score["expectedDraws"]) == 2**256 // threshold
        assert int(score["work"]) == int(exp(header.theta / 1e6))


def test_caps_say_that_they_were_hit(line):
    score = call("chain.getScore")
    assert score["height"] == 3
    assert [one["psi"] for one in score["types"]] == [700_000, 500_000, 500_000]
    assert all(one["capped"] and one["multiplied"] > one["cap"] for one in score["types"])
    assert score["multiplier"] == 1_100_000
    assert (score["uncapped"], score["psi"], score["capped"]) == (1_700_000, 1_000_000, True)


def test_blocks_are_named_by_height_tag_and_hash(line):
    for name in ("chain.getScore", "chain.getBlockProofs"):
        by_height = call(name, 3)
        assert by_height == call(name, "latest") == call(name) == call(name, hexed(line[3].hash))
        assert call(name, 99) is None and call(name, "0x" + "07" * 32) is None
        for wrong in ("0x07", "0x" + "07" * 33, "newest", -1, 1.5, True, [], ""):
            with pytest.raises(ParamsInvalid) as caught:
                call(name, wrong)
            assert caught.value.facts["field"] == "block"
    assert call("chain.getScore", "earliest") is None
    genesis = call("chain.getBlockProofs", "earliest")
    assert (genesis["height"], genesis["slice"], genesis["proofs"]) == (0, "0", [])


def test_proofs_with_what_they_brought(line):
    answer = call("chain.getBlockProofs", 2)
    block = line[2].block
    assert (answer["hash"], answer["height"], answer["canonical"]) == (hexed(block.hash), 2, True)
    assert answer["slice"] == str(SLICE)
    assert [one["type"] for one in answer["proofs"]] == [1, 1, 2, 2, 3, 4]
    for shown, receipt, envelope in zip(
        answer["proofs"], block.proofs, block.envelopes, strict=True
    ):
        assert shown["nullifier"] == hexed(receipt.nullifier)
        assert shown["payee"] == addresses.to_text(receipt.payee)
        assert (shown["psi"], shown["units"]) == (receipt.psi, str(receipt.units))
        assert shown["quality"] == receipt.quality
        raw = bytes.fromhex(shown["envelope"][2:])
        assert cbor2.loads(raw) == envelope.to_map()
        assert shown["digest"] == hexed(sha3_256(b"animica/proof/v1\x00" + raw).digest())
    by_payee = {(one["payee"], one["name"]): one for one in answer["proofs"]}
    other = by_payee[addresses.to_text(OTHER), "ai"]
    assert (other["credited"], other["psi"], other["units"]) == (False, 0, "0")
    mine = by_payee[addresses.to_text(MINER), "ai"]
    assert mine["credited"] and mine["psi"] > 0 and mine["paid"] == "0"
    assert sum(one["psi"] for one in answer["proofs"]) == block.header.psi


def test_a_share_is_shown_as_the_header_that_it_is(line):
    answer = call("chain.getBlockProofs", 2)
    shares = [one for one in answer["proofs"] if one["name"] == "share"]
    workers = {addresses.to_text(key(number).address): number for number in (7, 8)}
    assert {one["payee"] for one in shares} == set(workers)
    for one in shares:
        parent = line[workers[one["payee"]] - 7]
        header = one["share"]
        assert header["parent"] == hexed(parent.hash)
        assert header["height"] == parent.height + 1
        assert header["coinbase"] == one["payee"]
        assert (one["paid"], one["credited"], one["psi"]) == (str(SLICE), True, 0)
        worker = key(workers[one["payee"]]).address
        assert line[2].account(worker).balance - parent.account(worker).balance >= SLICE
    assert all(one["share"] is None for one in answer["proofs"] if one["name"] != "share")


def test_what_a_block_aside_says_of_itself_is_not_repeated(line):
    for name in ("chain.getScore", "chain.getBlockProofs"):
        with pytest.raises(NotExecuted) as caught:
            call(name, hexed(line[4].hash))
        assert caught.value.code == "chain.not_executed"
        assert caught.value.facts["hash"] == hexed(line[4].hash)


def test_pruned_envelopes_are_null_and_pruned_receipts_refused(line, node):
    """A block without proofs has nothing to lose."""
    grown = BUILDER.grow(line[3], 4)
    import_all(new_importer(NETWORK, verifiers=VERIFIERS), grown)
    whole, score = call("chain.getBlockProofs", 2), call("chain.getScore", 2)
    service.prune(part=Part.WITNESSES, keep=4, window=4, most=100)
    left = [{**one, "envelope": None, "share": None} for one in whole["proofs"]]
    assert call("chain.getBlockProofs", 2) == {**whole, "proofs": left}
    assert call("chain.getScore", 2) == score
    service.prune(part=Part.BODIES, keep=4, window=4, most=100)
    for name in ("chain.getScore", "chain.getBlockProofs"):
        with pytest.raises(Pruned) as caught:
            call(name, 2)
        assert caught.value.facts["part"] == "bodies"
    assert call("chain.getBlockProofs", 1)["proofs"] == []
    assert call("chain.getScore", 1)["psi"] == 0


@pytest.mark.django_db(transaction=True)
async def test_both_doors_and_both_names(door, use_desk, node):
    from asgiref.sync import sync_to_async

    @sync_to_async
    def fill() -> None:
        node.importer.network = NETWORK
        made = grow(BUILDER, BUILDER.genesis, [[work(AI, 5, MINER)]])
        import_all(new_importer(NETWORK, verifiers=VERIFIERS), made)

    await fill()
    use_desk(load())
    score = await door.result("chain.getScore", {"block": 1})
    assert score["psi"] > 0 and await door.result("chain_getScore", [1]) == score
    proofs = await door.result("chain_getBlockProofs", [score["hash"]])
    assert [one["name"] for one in proofs["proofs"]] == ["ai"]
