"""Every way to cheat with proofs is refused by its own rule, and would work without that rule.

The second half holds the first to account: an attack that fails for another reason than the rule
it names proves nothing about the rule. See ``attacks``.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain import queries, service
from consensus.rules import pipeline
from consensus.service import Importer
from core.block import Block
from core.errors import AnimicaError
from tests.consensus.attacks import ATTACKS
from tests.consensus.attacks.table import ALICE, BUILDER, LINE, NETWORK, TIP, Attack, Scene, ai
from tests.consensus.synthetic import VERIFIERS
from tests.support import Made, dump_database, import_all, new_importer

pytestmark = pytest.mark.django_db
each = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


def prepared(scene: Scene, block: Made) -> Importer:
    """A node that has all blocks before ``block``, and those beside it."""
    importer = new_importer(scene.network, verifiers=VERIFIERS)
    import_all(importer, block.path()[:-1])
    import_all(importer, scene.beside)
    return importer


@each
def test_it_is_refused(attack: Attack):
    bad = attack.made()
    importer = prepared(attack.scene(), bad)
    before = dump_database()
    with pytest.raises(AnimicaError) as caught:
        importer.import_block(bad.raw, source="test")
    assert caught.value.code == attack.code
    assert caught.value.hint
    assert dump_database() == before


@each
def test_the_honest_block_is_taken(attack: Attack):
    scene = attack.scene()
    good = scene.honest()
    importer = prepared(scene, good)
    assert importer.import_block(good.raw, source="test").outcome == "added"
    assert service.head().hash == good.hash
    assert queries.totals().supply == sum(good.balances.values())
    service.verify_state()


@each
def test_without_the_rule_it_would_succeed(attack: Attack, monkeypatch):
    bad = attack.made()
    importer = prepared(attack.scene(), bad)
    attack.weaken(monkeypatch)
    assert importer.import_block(bad.raw, source="test").outcome == "added"


def test_no_attack_is_entered_twice():
    names = [attack.name for attack in ATTACKS]
    doubles = {name for name in names if names.count(name) > 1}
    assert doubles <= {"receipt: psi", "receipt: units"}  # more and less
    assert len(names) > 45


def with_another_envelope() -> tuple[Made, Block]:
    """A good block, and the same header with an envelope that somebody on the way altered."""
    good = BUILDER.make(TIP, coinbase=ALICE, envelopes=[ai()])
    other = replace(ai(units=499), nullifier=ai().nullifier)
    return good, replace(good.block, envelopes=(other,))


def test_an_altered_envelope_does_not_condemn_the_block():
    good, altered = with_another_envelope()
    importer = new_importer(NETWORK, verifiers=VERIFIERS)
    import_all(importer, LINE)
    with pytest.raises(AnimicaError) as caught:
        importer.import_block(altered.raw, source="test")
    assert (caught.value.code, caught.value.facts["field"]) == (
        "block.body_root",
        "block.envelopes",
    )
    assert importer.import_block(good.raw, source="test").outcome == "added"


def test_without_that_rule_it_would(monkeypatch):
    monkeypatch.setattr(pipeline, "check_envelopes", lambda block: None)
    good, altered = with_another_envelope()
    importer = new_importer(NETWORK, verifiers=VERIFIERS)
    import_all(importer, LINE)
    for block, code in ((altered, "block.proof_receipt"), (good.block, "block.known_invalid")):
        with pytest.raises(AnimicaError) as caught:
            importer.import_block(block.raw, source="test")
        assert caught.value.code == code
