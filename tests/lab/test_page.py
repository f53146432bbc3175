"""docs/consensus-lab.md says what its numbers say, and these come again from their seeds."""

from __future__ import annotations

import re

import pytest

from animica_site import networks
from lab import studies
from lab.light import Rules
from lab.strategies import Pusher
from lab.studies import delay, selfish, stamps, weights
from lab.studies.bench import Bench
from lab.tables import Table
from tools import lab_page

MAINNET = networks.load("mainnet")
TEXT = lab_page.PAGE.read_text("utf-8")


def table(name: str, place: int) -> Table:
    found = lab_page.tables(name)[place]
    return Table(found.title, tuple(found.head), tuple(map(tuple, found.rows)))


def row(name: str, place: int, first: str) -> list[str]:
    return next(list(r) for r in table(name, place).rows if r[0] == first)


def bench(name: str) -> Bench:
    """As the command that made the figures."""
    return Bench(MAINNET, seed=1, blocks=studies.STUDIES[name].blocks)


def test_the_page_shows_the_tables_of_the_figures():
    assert lab_page.render(TEXT) == TEXT
    assert len(lab_page._MARK.findall(TEXT)) >= 15


def test_a_changed_number_would_be_seen():
    mark = TEXT.index("<!-- table: steps 0 -->")
    place = re.compile(r"\d").search(TEXT, TEXT.index("| × 2 ", mark)).start()
    changed = TEXT[:place] + str((int(TEXT[place]) + 1) % 10) + TEXT[place + 1 :]
    assert lab_page.render(changed) != changed


def test_every_study_is_on_the_page_with_its_command_figure_and_numbers():
    for name in studies.STUDIES:
        numbers = lab_page.numbers(name)
        assert f"`animica simulate consensus {name}" in TEXT
        assert f"<!-- table: {name} " in TEXT
        assert (numbers["seed"], numbers["network"]) == (1, "mainnet")
        assert numbers["blocks"] == studies.STUDIES[name].blocks
        for plot in numbers["plots"]:
            assert f"](figures/consensus-{plot['name']}.svg)" in TEXT


@pytest.mark.parametrize("name", ["honest", "partition"])
def test_a_cheap_study_gives_its_numbers_again(name):
    again = studies.run(name, bench(name))
    for place, found in enumerate(again.tables):
        assert found.rows == [list(r) for r in table(name, place).rows]


def test_cells_of_dear_studies_come_again():
    forger, _ = weights.heaviest(24_000_000, 0.3, 240, MAINNET.at(0).params)
    assert row("weights", 1, "30 %")[2] == f"{forger.blocks:,}"

    attack = "5 s ahead, taken at once"
    outcome = stamps._run(bench("stamps"), Rules(MAINNET), Pusher(5_000), 0.4, attack)
    assert row("stamps", 0, attack)[4] == f"{outcome.fairness(0):.3f}"

    late = delay._run(bench("delay"), 8.0)
    assert row("delay", 0, "8 s")[1] == f"{100 * late.stale:.2f} %"

    part = selfish._part(bench("selfish"), bench("selfish").fixed(), 0.1, 0.0)
    assert row("selfish", 0, "10 %")[1] == f"{part:.3f}"


def cells(name: str, place: int, column: int) -> list[float]:
    found = [re.match(r"[\d.]+", r[column]) for r in table(name, place).rows]
    return [float(match.group()) for match in found if match]


def test_the_page_shows_what_its_sentences_say():
    simulated = [(1, 2), (3, 4), (5, 6)]
    for column, formula in simulated:
        pairs = zip(cells("selfish", 0, column), cells("selfish", 0, formula), strict=True)
        assert all(abs(one - two) < 0.02 for one, two in pairs)
    assert all(value < 1 for value in cells("weights", 1, 4) + cells("weights", 2, 4))
    assert max(cells("weights", 1, 3)) > 1
    for attack in range(2):
        fair = [float(cell) for cell in table("stamps", 0).rows[attack][1:]]
        assert attack == 1 or all(abs(one - 1) < 0.1 for one in fair)
    for network in ("", "-testnet", "-devnet", "-fast"):
        found = dict(table(f"self-dealer{network}", 0).rows)
        amount = {key: float(value.split()[0].replace(",", "")) for key, value in found.items()}
        subsidy = amount["R: a block's subsidy to its producer"]
        bound = amount["greatest R with price0 ≥ R · w · α · (1 + b)"]
        assert subsidy < bound < amount["R from which burning pays"]
        assert amount["best income with burning / without"] < 1
