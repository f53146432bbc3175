"""Blocks under the rules of another height, pins and all."""

from __future__ import annotations

from dataclasses import replace

from consensus.rules import header as header_rules
from tests.consensus.attacks.table import Scene, attack, off
from tests.consensus.synthetic import VERIFIERS, working_network
from tests.support import ChainBuilder, Made, reseal

FIRST = 3
UPGRADED = working_network(
    upgrades=[{"name": "wider", "height": FIRST, "poies": {"shares_per_block": 8}}]
)
UPGRADED_BUILDER = ChainBuilder(UPGRADED, VERIFIERS)


def enter_pins(name: str, height: int, of_height: int) -> None:
    """An attack with the pins of one height at another."""

    def honest() -> Made:
        return UPGRADED_BUILDER.grow(UPGRADED_BUILDER.genesis, height)[-1]

    def make() -> Made:
        made = honest()
        return replace(made, block=reseal(made.block, policy=UPGRADED.pins_at(of_height)))

    attack("block.policy", off(header_rules, "check_network"), name=name)(
        lambda: Scene(make, honest, network=UPGRADED)
    )


enter_pins("old pins after an upgrade", FIRST, FIRST - 1)
enter_pins("new pins before an upgrade", FIRST - 1, FIRST)
