"""Pages about useful work and hash shares, on a chain that has them: each number in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from chain import queries, service
from chain.values import Part
from consensus import scores
from consensus import service as consensus
from core.proof import AI, QUANTUM, SHARE, STORAGE
from explorer import format, theta
from mining import service as mining
from pq import addresses
from tests.explorer import test_markup
from tests.explorer.test_pages import hex_of, read, text_of
from tests.scored import VERIFIERS, scored_network, share, work
from tests.support import ChainBuilder, Made, import_all, key, new_importer

NETWORK = scored_network()
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
MINER = key(0).address
EPOCH = NETWORK.at(0).params.epoch_blocks
SLICE = 500_000_000  # a fifth of 10 ANM over four places


def make_line() -> list[Made]:
    """Genesis and thirteen blocks: 2 has every type, 3 hits all caps, 10 ends an epoch."""
    line = [BUILDER.genesis, BUILDER.make(BUILDER.genesis)]

    def add(*envelopes) -> None:
        line.append(BUILDER.make(line[-1], envelopes=envelopes))

    parts = [work(AI, 300, MINER, quality=500_000), work(QUANTUM, 100, MINER)]
    add(*parts, work(STORAGE, 50, MINER), work(AI, 7, key(5).address), share(BUILDER, line[0], 7))
    add(*(work(kind, 10_000, MINER) for kind in (AI, QUANTUM, STORAGE)))
    add(share(BUILDER, line[3], 7), share(BUILDER, line[2], 8))
    while len(line) < 13:
        add()
    add(work(AI, 100, MINER), share(BUILDER, line[-1], 7))
    return line


LINE = make_line()


@pytest.fixture
def line(db) -> Iterator[list[Made]]:
    """The chain, served by a node that mines nothing."""
    importer = new_importer(NETWORK, verifiers=VERIFIERS)
    assert set(import_all(importer, LINE[1:])) == {"added"}
    consensus.install(importer)
    mining.install(None)
    yield LINE
    consensus.install(None)


def rows(client, url: str, label: str) -> list[list[str]]:
    """Cells of the table that has a label."""
    source = client.get(url).content.decode()
    start = source.index(f'aria-label="{label}"')
    body = re.search(r"<tbody>(.*?)</tbody>", source[start:], re.S)[1]
    cells = [re.findall(r"<t[dh][ >].*?</t[dh]>", row, re.S) for row in body.split("</tr>")]
    return [[text_of(cell).strip(" >") for cell in row] for row in cells if row]


def test_each_step_of_the_score(client, line):
    for height in (2, 3, 13):
        found = scores.score_of(queries.block_by_height(height), NETWORK)
        shown = rows(client, f"/block/{height}", "Steps of the useful work")
        assert [row[0] for row in shown] == ["AI", "quantum", "storage"]
        for row, step in zip(shown, found.steps.types, strict=True):
            assert row[1] == format.millionths(step.work).replace("\u202f", " ")
            assert row[2] == format.percent(step.alpha)
            assert [row[3], row[4], row[6]] == [
                format.nats(number) for number in (step.raw, step.multiplied, step.psi)
            ]
            assert ("hit" in row[5]) == step.capped
        page = read(client, f"/block/{height}")
        assert f"Together {format.nats(found.steps.uncapped)} nats" in page
        assert f"Σψ = {format.nats(line[height].header.psi)}." in page
        assert ("cap hit" in page) == (height == 3)
        assert ("Storage work raised every type to" in page) == (height != 13)
        assert f"useful work adds {format.nats(line[height].header.psi)}" in page


def test_a_block_without_scored_work_has_no_steps(client, line):
    for height in (1, 4, 5):
        page = read(client, f"/block/{height}")
        assert "carries no credited proofs of useful work" in page
        assert "How the useful work adds up" not in page
    assert "Proofs of useful work" not in read(client, "/block/5")
    assert "Proofs of useful work" in read(client, "/block/4")


def test_each_proof_with_its_payee_and_what_it_got(client, line):
    shown = rows(client, "/block/2", "Proofs of this block")
    receipts = line[2].block.proofs
    assert [row[0] for row in shown] == ["hash share", "AI", "AI", "quantum", "storage"]
    for row, receipt in zip(shown, receipts, strict=True):
        is_share = receipt.type == SHARE
        assert row[1] == format.short(addresses.to_text(receipt.payee))
        assert row[2] == ("–" if is_share else format.nats(receipt.psi))
        assert row[3] == (format.anm(SLICE) if is_share else "–")
    assert shown[0][4].startswith("a template of height 1 on ")
    assert {row[4] for row in shown if row[0] == "AI"} == {
        "300 units of quality 50 %",
        "its job is done; no score is credited",
    }
    source = client.get("/block/2").content.decode()
    assert f'href="/block/{hex_of(line[0].hash)}"' in source
    assert f'href="/address/{addresses.to_text(key(7).address)}"' in source


def test_the_end_of_a_block_has_words_for_shares_and_epochs(client, line):
    page = read(client, "/block/4")
    assert page.count("from the subsidy for hash shares to") == 2
    source = client.get("/block/4").content.decode()
    amounts = re.findall(r"([\d.\u202f]+) ANM</strong> from the subsidy", source)
    minted = sum(round(float(one.replace("\u202f", "")) * 10**9) for one in amounts)
    assert minted == queries.block_by_height(4).minted
    assert "An epoch ended" not in page
    page = read(client, f"/block/{EPOCH}")
    tuned = scores.tuned_for(queries.block_by_height(EPOCH + 1), NETWORK)
    alphas = ", ".join(
        f"{name} {format.percent(alpha)}"
        for name, alpha in zip(("AI", "quantum", "storage"), tuned.alphas.values(), strict=True)
    )
    assert "An epoch ended" in page and "included 3 hash shares" in page
    assert f"a share is {format.nats(tuned.share_offset)} nats easier" in page
    assert f"weighted by α: {alphas}. Where that stands now" in re.sub(r" (?=[.])", "", page)


def test_where_consensus_stands(client, line):
    tuned = scores.tuned_for(queries.head(), NETWORK)
    assert tuned.alphas[AI] == 1_000_000 and tuned.alphas[STORAGE] < 1_000_000
    page = read(client, "/consensus")
    assert f"Epoch 3 of {EPOCH} blocks; it ends with block {2 * EPOCH}" in page
    assert "Shares 1 included in this epoch" in page
    assert f"Easier by s {format.nats(tuned.share_offset)}" in page
    shown = rows(client, "/consensus", "Types of useful work")
    assert [row[:2] for row in shown] == [
        [name, format.percent(alpha)]
        for name, alpha in zip(("AI", "quantum", "storage"), tuned.alphas.values(), strict=True)
    ]
    assert [row[5] for row in shown] == ["100 %", "0 %", "0 %"]
    assert shown[0][6] == format.nats(line[13].header.psi)
    for made in line[1:]:
        assert f"Block {made.height} : {format.nats(made.header.theta)}" in page
        assert f"Block {made.height} : {sum(p.type == SHARE for p in made.block.proofs)}" in page


def test_who_was_paid_for_shares(client, line):
    shown = rows(client, "/consensus", "Payees of hash shares")
    assert shown == [
        [format.short(addresses.to_text(key(7).address)), "3", format.anm(3 * SLICE)],
        [format.short(addresses.to_text(key(8).address)), "1", format.anm(SLICE)],
    ]
    earned = line[13].account(key(7).address).balance - line[0].account(key(7).address).balance
    assert earned == 3 * SLICE


@pytest.mark.parametrize("part", [Part.WITNESSES, Part.BODIES])
def test_pruned_proofs_are_missed_with_a_reason(client, line, part):
    whole = rows(client, "/block/2", "Proofs of this block")
    service.prune(part=part, keep=8, window=8, most=100)
    page = read(client, "/block/2")
    assert format.nats(line[2].header.psi) in page
    if part is Part.WITNESSES:
        left = [[*row[:4], *row[5:]] for row in rows(client, "/block/2", "Proofs of this block")]
        assert left == [[*row[:4], *row[5:]] for row in whole]
        assert "its bytes are pruned here" in page
    else:
        assert "is not known here: the body of block 2 is pruned" in page
        assert "Proofs of this block" not in client.get("/block/2").content.decode()
        consensus_page = read(client, "/consensus")
        assert consensus_page.count("pruned here") >= 2  # heights 2 to 4, in the plot and the list
        assert "How the useful work adds up is not known" not in read(client, "/block/1")


def test_a_block_aside_says_that_its_work_was_not_verified(client, line):
    aside = BUILDER.make(line[10], envelopes=[work(AI, 5, MINER)], extra=b"aside")
    import_all(consensus.current(), [aside])
    page = read(client, f"/block/{hex_of(aside.hash)}")
    assert "is not known here: this block of height 11 was never executed here" in page
    assert "Ask for a block of the best chain" in page


def test_the_markup_holds_where_there_is_work(client, line):
    outlines = {}
    for url in ("/block/2", "/block/4", f"/block/{EPOCH}", "/consensus"):
        outline = test_markup.Outline()
        outline.feed(client.get(url).content.decode())
        assert not outline.open
        outlines[url] = outline
        assert 'aria-current="page"' in client.get("/consensus").content.decode()
    for check in (
        test_markup.test_nothing_needs_more_than_the_policy_allows,
        test_markup.test_every_page_has_its_landmarks,
        test_markup.test_headings_do_not_skip_a_level,
        test_markup.test_every_field_and_region_has_a_name,
    ):
        check(outlines)


@pytest.mark.django_db(transaction=True)
def test_work_costs_a_fixed_number_of_queries(client, line, django_assert_max_num_queries):
    for url, most in {"/block/2": 14, "/block/12": 14, "/block/13": 15, "/consensus": 6}.items():
        client.get(url)
        with django_assert_max_num_queries(most):
            client.get(url)


def test_the_plots_stay_inside_their_box():
    headers = [made.header for made in LINE[1:]]
    found = theta.path(headers)
    points = [tuple(map(int, pair.split())) for pair in re.findall(r"\d+ \d+", found.line)]
    assert len(points) == len(headers) and points[0][0] == 0 and points[-1][0] == theta.WIDTH
    assert all(0 <= y <= theta.HEIGHT for _, y in points)
    assert theta.path(headers[:1]) is None
    flat = theta.path([headers[0]] * 3)
    assert len({y for _, y in [tuple(p.split()) for p in re.findall(r"\d+ \d+", flat.line)]}) == 1
    columns = theta.columns([(1, 0), (2, 4), (3, None), (4, 1)], 4)
    assert [one.tall for one in columns] == [0, theta.HEIGHT, 0, theta.HEIGHT // 4]
    assert all(one.y + one.tall == theta.HEIGHT for one in columns)
    assert theta.columns([], 4) == ()
