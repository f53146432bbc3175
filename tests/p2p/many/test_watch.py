"""What the harness makes of what it sees; that nodes agree is what its runs are for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.p2p.many import txs
from tests.p2p.many.__main__ import KILLS_S, parsed
from tests.p2p.many.scenarios import _seeds
from tests.p2p.many.watch import Seen, words


def head(name: str, height: int = 1) -> dict:
    return {"hash": name, "height": height}


def test_propagation_counts_blocks_that_reached_everybody():
    seen = Seen()
    for node, at in ((1, 10.0), (2, 10.1), (3, 10.3)):
        seen.note(node, head("a"), at)
    seen.note(1, head("a"), 99.0)  # once more after a reorganisation: not news
    seen.note(1, head("side"), 11.0)
    assert seen.delays(9, 12, 3) == pytest.approx([0.1, 0.3])
    assert seen.delays(11, 12, 3) == seen.delays(1, 9, 3) == []
    assert seen.delays(9, 12, 1) == []


def test_a_report_names_multiples_of_a_delay():
    assert words([], 0.1) == "no block reached every node"
    told = words([0.1, 0.2, 0.3], 0.1)
    assert "median 0.200 s = 2.0 delays" in told and "(3 arrivals)" in told
    assert "median 0.100 s = 1.0 delays" in words([0.1], 0.1)


@pytest.mark.parametrize(("at", "sure"), [(6.9, True), (7.1, False), (10.0, False), (10.1, True)])
def test_what_a_killed_node_took_last_is_not_sure(at, sure):
    node = SimpleNamespace(kills=[3.0, 10.0])
    assert txs.Sent("t", "s", node, at).sure is sure


def test_what_is_lost_and_what_is_not_mined_everywhere(monkeypatch):
    says = {("a", 1): "mined", ("a", 2): "pending", ("b", 1): "unknown", ("b", 2): "dropped"}
    monkeypatch.setattr(txs, "state_at", lambda node, sent: says[sent, node])
    assert txs.lost([1, 2], ["a", "b"]) == ["b"]
    assert txs.unmined([1, 2], ["a", "b"]) == ["a", "b"]
    assert txs.unmined([1], ["a"]) == []


@pytest.mark.parametrize("count", [2, 3, 4, 6, 12])
def test_every_node_knows_others_and_all_hang_together(count):
    known = {node: set(_seeds(node, count)) for node in range(1, count + 1)}
    for node, others in known.items():
        assert others and node not in others and others <= set(known)
    reached, more = {1}, {1}
    while more:
        more = {n for n in known if n not in reached and (known[n] & reached)} | {
            n for r in reached for n in known[r] if n not in reached
        }
        reached |= more
    assert reached == set(known)


def test_the_options():
    assert parsed([]).kills == 0
    assert parsed(["--kills"]).kills == KILLS_S
    assert parsed(["--kills", "30", "--nodes", "12"]).kills == 30
