"""The contracts in docs/contracts: all compile, and the recipes do what the text says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from animica_site.commands.contract import contract
from execution.lang import parse_and_check
from execution.vm.program import compile_module
from pq import addresses
from tests.contracts.world import ANM, DAY, HOUR, NOBODY, ROOT, person

PAGES = sorted((ROOT / "docs" / "contracts").glob("*.md"))


def contracts_of(page: Path) -> list[str]:
    """The blocks of a page that are contracts."""
    text = page.read_text("utf-8")
    return re.findall(r"^```python\n# contract\n(.*?)^```$", text, re.S | re.M)


ALL = [
    (page.stem, number, source)
    for page in PAGES
    for number, source in enumerate(contracts_of(page))
]


@pytest.mark.parametrize(("page", "number", "source"), ALL, ids=lambda x: str(x)[:20])
def test_every_contract_of_a_page_compiles(page, number, source):
    compile_module(parse_and_check(source.encode("ascii")))


def test_no_other_block_of_a_page_looks_like_a_contract():
    for page in PAGES:
        for block in re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.S | re.M):
            assert block.startswith(("# contract\n", "# runs\n", "# test_")), (
                f"{page.name}: {block[:60]}"
            )


def test_the_quickstarts_test_is_the_templates():
    template = (ROOT / "workbench" / "template" / "test_contract.py.txt").read_text("utf-8")
    page = (ROOT / "docs" / "contracts" / "quickstart.md").read_text("utf-8")
    (block,) = re.findall(r"^```python\n# test_contract.py\n(.*?)^```$", page, re.S | re.M)
    parts = block.split("\n\n\n")
    assert len(parts) == 3
    assert all(part.strip() in template for part in parts)


def test_commands_that_a_page_names_exist():
    for page in PAGES:
        named = re.findall(r"animica contract ([a-z-]+)", page.read_text("utf-8"))
        assert set(named) <= set(contract.commands), page.name


def test_addresses_of_a_page_are_addresses():
    found = [text for page in PAGES for text in re.findall(r"anim1\w+", page.read_text("utf-8"))]
    assert {addresses.from_text(text) for text in found} <= {NOBODY}


def recipe(page, words):
    """The one contract of a page that has the words."""
    path = ROOT / "docs" / "contracts" / f"{page}.md"
    (found,) = [source for source in contracts_of(path) if words in source]
    return found


def cookbook(world, words, *args, by, value=0):
    return world.deploy_source(recipe("cookbook", words), *args, by=by, value=value)


def test_ownership(world, people):
    owned = cookbook(world, "owned.not_offered", by=people.ann)
    owned.offer(people.bob, by=people.ann)
    with world.refused("owned.owner"):
        owned.only_owner(by=people.bob)
    with world.refused("owned.not_offered"):
        owned.accept(by=people.eve)
    owned.accept(by=people.bob)
    owned.only_owner(by=people.bob)
    with world.refused("owned.owner"):
        owned.offer(people.ann, by=people.ann)


def test_roles(world, people):
    roles = cookbook(world, "roles.last", by=people.ann)
    with world.refused("roles.editor"):
        roles.publish(by=people.bob)
    roles.give("editor", people.bob, by=people.ann)
    roles.publish(by=people.bob)
    with world.refused("roles.admin"):
        roles.give("editor", people.eve, by=people.bob)
    with world.refused("roles.last"):
        roles.take("admin", people.ann, by=people.ann)
    roles.take("editor", people.bob, by=people.ann)
    with world.refused("roles.editor"):
        roles.publish(by=people.bob)


def test_pausing(world, people):
    box = cookbook(world, "box.guardian", by=people.ann)
    box.deposit(by=people.bob, value=5)
    with world.refused("box.guardian"):
        box.pause(True, by=people.bob)
    box.pause(True, by=people.ann)
    with world.refused("box.paused"):
        box.deposit(by=people.bob, value=5)
    box.withdraw(by=people.bob)
    assert world.balance(box.address) == 0


def test_paying_out(world, people):
    sharing = cookbook(world, "sharing.people", by=people.ann)
    sharing.share([people.bob, people.cid, people.eve], by=people.ann, value=11)
    assert sharing.withdraw(people.dan, by=people.bob) == 3
    assert sharing.pay_out(people.cid, by=people.bob) == 3
    assert sharing.withdraw(people.ann, by=people.ann) == 2
    with world.refused("sharing.nothing"):
        sharing.withdraw(people.bob, by=people.bob)
    assert world.balance(sharing.address) == 3


def test_calling_what_may_fail(world, people):
    good = "def price() -> int:\n    return 7\n"
    bad = "def price() -> int:\n    assert False\n    return 7\n"
    slow = "def price() -> int:\n    while True:\n        pass\n"
    text = "def price() -> str:\n    return 'dearer than ever before in a year'[:32]\n"
    for source, answer in [(good, 7), (bad, 42), (slow, 42), (text, 42)]:
        oracle = world.deploy_source(source, by=people.ann)
        caller = cookbook(world, "caller.token", oracle.address, 42, by=people.ann)
        assert caller.price(by=people.bob) == answer


def test_a_plan_is_carried_out(world, people):
    plan = cookbook(world, "plan.nothing", by=people.ann)
    token = world.deploy("fungible_token", "T", "T", 0, 10, plan.address, by=people.ann)
    token.transfer(plan.address, 10, by=people.ann)
    plan.plan_payment(token.address, people.bob, 4, by=people.ann)
    plan.carry_out(by=people.ann)
    assert token.balance_of(people.bob) == 4
    with world.refused("plan.nothing"):
        plan.carry_out(by=people.ann)


def test_a_list_that_grows(world, people):
    club = cookbook(world, "club.member", by=people.ann)
    everybody = [person(str(number)) for number in range(7)]
    for who in everybody:
        club.join(by=who)
    assert club.page(1, 50) == everybody
    assert [*club.page(1, 3), *club.page(4, 3), *club.page(7, 3)] == everybody
    assert club.page(8, 3) == []
    club.leave(by=everybody[1])
    club.leave(by=everybody[6])  # that was at the free place, and is not the last any more
    club.leave(by=everybody[5])
    assert club.page(1, 50) == [everybody[i] for i in (0, 4, 2, 3)]
    with world.refused("club.stranger"):
        club.leave(by=everybody[5])
    with world.refused("club.member"):
        club.join(by=everybody[0])


def test_once_a_day(world, people):
    season = cookbook(world, "season.over", 2, by=people.ann)
    season.visit(by=people.bob)
    world.time += DAY - 1
    with world.refused("season.today"):
        season.visit(by=people.bob)
    world.time += 1
    season.visit(by=people.bob)
    world.time += DAY
    with world.refused("season.over"):
        season.visit(by=people.bob)


def test_rounding(world, people):
    fees = cookbook(world, "fees.range", by=people.ann)
    assert [fees.fee(n, 30, by=people.ann) for n in (0, 1, 10_000, 10_001)] == [0, 1, 30, 31]
    assert fees.part(10, 1, 3, by=people.ann) == 3


@pytest.fixture
def coin(world, people):
    """Both have entered, and sealed these secrets."""
    made = cookbook(world, "coin.full", by=people.ann)
    made.enter(made.seal_of(people.ann, b"a" * 16), by=people.ann, value=ANM)
    made.enter(made.seal_of(people.bob, b"b" * 16), by=people.bob, value=ANM)
    return made


def money(world, people):
    return [world.balance(who) - 1_000 * ANM for who in (people.ann, people.bob)]


def test_the_coin_falls(world, people, coin):
    with world.refused("coin.full"):
        coin.enter(bytes(32), by=people.eve, value=ANM)
    coin.reveal(2, b"b" * 16, by=people.bob)
    with world.refused("coin.seal"):
        coin.reveal(1, b"c" * 16, by=people.ann)
    coin.reveal(1, b"a" * 16, by=people.ann)
    assert sorted(money(world, people)) == [-ANM, ANM]
    coin.enter(bytes(32), by=people.eve, value=ANM)  # the next game


@pytest.mark.parametrize("who", [0, 1])
def test_who_does_not_reveal_loses(world, people, coin, who):
    coin.reveal(who + 1, (b"a", b"b")[who] * 16, by=people.eve)
    with world.refused("coin.time"):
        coin.stop(by=people.ann)
    world.time += HOUR
    with world.refused("coin.time"):
        coin.reveal(2 - who, (b"b", b"a")[who] * 16, by=people.eve)
    coin.stop(by=people.eve)
    assert money(world, people)[who] == ANM


def test_when_nobody_reveals_each_has_the_own_stake(world, people, coin):
    world.time += HOUR
    coin.stop(by=people.eve)
    assert money(world, people) == [0, 0]
    with world.refused("coin.time"):
        coin.stop(by=people.eve)


def test_who_waits_in_vain_has_the_stake_back(world, people):
    coin = cookbook(world, "coin.full", by=people.ann)
    coin.enter(bytes(32), by=people.ann, value=ANM)
    with world.refused("coin.full"):
        coin.enter(bytes(32), by=people.ann, value=ANM)
    world.time += HOUR
    coin.stop(by=people.eve)
    assert money(world, people) == [0, 0]


def test_the_guides_box(world, people):
    box = world.deploy_source(recipe("guide", "A box that pays out"), by=people.ann)
    box.deposit(by=people.bob, value=5)
    with world.refused("box.balance"):
        box.withdraw(6, by=people.bob)
    box.withdraw(5, by=people.bob)
    assert box.held() == 0


def test_the_guides_types(world, people):
    stats = world.deploy_source(recipe("guide", "stats.empty"), by=people.ann)
    assert stats.average([-1, -2], by=people.ann) == -2
    assert stats.middle([3, 1, 2], by=people.ann) == 2
    assert stats.middle([1, 2], by=people.ann) is None
    assert stats.price_of([1], by=people.ann) == 30
    assert stats.count_words(["a", "b", "a"], by=people.ann) == {"a": 2, "b": 1}


METER = """
from stdlib import crypto, events, storage

old = storage.cell(int)
Said = events.event(a=int, b=address)

def init():
    old.set(1)

def nothing_():
    pass

def read_one():
    a = old.get()

def reads_it():
    a = old.get()
    b = old.get()

def changes_():
    old.set(2)

def says_one():
    Said.emit(5, address(bytes(34)))

def adds_one():
    a = 1
    b = a + a
    c = a + b
    d = b + c

def calls_it():
    _nothing()

def verifies():
    ok = crypto.verify(address(b"\\x10\\x03" + bytes(32)), b"", bytes(1_952), bytes(3_309))

def _nothing():
    pass
"""


def test_the_guides_gas_is_about_right(world, people):
    """The table "What it costs", measured; all names have one length, for calldata costs too."""
    meter = world.deploy_source(METER, by=people.ann)

    def gas(name):
        getattr(meter, name)(by=people.ann)
        return world.gas

    read = gas("read_one") - gas("nothing_")
    again = gas("reads_it") - gas("read_one")
    measured = {
        "an addition with its names": (gas("adds_one") - gas("nothing_")) // 3,
        "a call of a function of the module": gas("calls_it") - gas("nothing_"),
        "reading a stored value the first time in a transaction": read - 4 * 34,
        "reading it again": again - 4 * 34,
        "changing it, on top": gas("changes_") - gas("nothing_") - (read - 4 * 34),
        "an event of two or three fields": gas("says_one") - gas("nothing_"),
        "verifying an ML-DSA-65 signature": gas("verifies") - gas("nothing_"),
    }
    rows = re.findall(
        r"^\| (.+?) \| (?:about )?([0-9,]+)",
        (PAGES[0].parent / "guide.md").read_text("utf-8"),
        re.M,
    )
    said = {what: int(number.replace(",", "")) for what, number in rows}
    off = {
        what: (said[what], number)
        for what, number in measured.items()
        if not 0.8 * said[what] - 10 <= number <= 1.2 * said[what] + 10
    }
    assert not off
