"""New heads and reorgs: who leaves, who comes back, and with which reason."""

from __future__ import annotations

from execution.errors import KeyMismatch
from mempool.events import TxDropped
from tests.mempool.world import BASE_FEE, GAS_WITH_PK, RICH, World, key


def test_mined_transactions_leave_without_a_drop(world):
    first, second = world.tx(nonce=0), world.tx(nonce=1)
    world.pool.submit(first.raw)
    world.pool.submit(second.raw)
    world.mine(first)
    assert world.held() == {second.txid: "ready"}
    assert world.drops() == {}
    assert world.pool.dropped(first.txid) is None
    assert world.pool.next_nonce(key(0).address) == 2


def test_a_nonce_used_by_another_transaction_is_a_drop(world):
    ours = world.submit(max_tip=10)
    world.mine(world.tx(max_tip=11))
    assert world.drops() == {ours: "tx.nonce_low"}
    assert world.pool.dropped(ours).reason == "tx.nonce is 0, the account is at 1"


def test_a_block_of_strangers_fills_a_gap(world):
    held = world.submit(nonce=1)
    world.mine(world.tx(nonce=0))
    assert world.held() == {held: "ready"}


def test_expiry(world):
    lasting = world.submit(nonce=0, until=2)
    passing = world.submit(number=1, until=1)
    behind = world.submit(number=1, nonce=1)
    world.mine()
    assert world.held() == {lasting: "ready", behind: "held"}
    assert world.drops() == {passing: "tx.expired"}


def test_a_poorer_sender(world):
    cost = GAS_WITH_PK * 1_000 + 1
    world.state.set_account(key(0).address, 0, 3 * cost)
    kept, lost, behind = (world.submit(nonce=nonce) for nonce in (1, 2, 3))
    body = {"to": key(98).address, "value": cost + 1}
    world.mine(world.tx(nonce=0, body=body))
    assert world.held() == {kept: "ready", behind: "held"}
    assert world.drops() == {lost: "tx.insufficient_funds"}


def test_a_richer_sender_is_noticed(world):
    cost = GAS_WITH_PK * 1_000 + 1
    world.state.set_account(key(0).address, 0, cost)
    world.submit(nonce=0)
    world.state.set_account(key(0).address, 0, 2 * cost)
    world.mine()
    world.submit(nonce=1)


def test_a_rising_base_fee_lets_transactions_wait(world):
    dear, cheap = world.submit(0), world.submit(1, max_fee=BASE_FEE)
    world.mine(base_fee=BASE_FEE + 1)
    assert world.pool.get(cheap).tip == -1
    assert world.pool.get(cheap).reason is not None
    assert selected(world, base_fee=BASE_FEE + 1) == [dear]
    world.mine(base_fee=BASE_FEE)
    assert selected(world) == [dear, cheap]


def selected(world: World, base_fee: int = BASE_FEE) -> list[bytes]:
    chosen = world.pool.select(base_fee=base_fee, gas=10**9, size=10**9)
    return [tx.txid for tx in chosen]


# ------------------------------------------------------------- keys that come and go


def test_a_key_stored_meanwhile_is_left_out(world):
    keeper, follower = world.tx(nonce=0, keep=True, gas=300_000), world.tx(nonce=1)
    world.pool.submit(keeper.raw)
    world.pool.submit(follower.raw)
    size = world.pool.stats().bytes
    world.mine(keeper)
    (chosen,) = world.pool.select(base_fee=BASE_FEE, gas=10**9, size=10**9)
    assert chosen == follower.with_key(None)
    assert world.pool.stats().bytes == len(follower.with_key(None).raw) - 1 < size


def test_a_key_unstored_by_a_reorg_is_put_back(world):
    keeper, follower = world.tx(nonce=0, keep=True, gas=300_000), world.tx(nonce=1)
    cheap = world.tx(nonce=2, gas=GAS_WITH_PK - 25_000)  # enough only without the key
    fork = world.checkpoint()
    world.mine(keeper)
    world.pool.submit(follower.with_key(None).raw)
    world.pool.submit(cheap.raw)
    world.reorg(fork, [[]], returned=[keeper])
    chosen = world.pool.select(base_fee=BASE_FEE, gas=10**9, size=10**9)
    assert chosen == [keeper, follower]
    assert world.drops() == {cheap.txid: "tx.gas_below_intrinsic"}


def test_a_returned_transaction_gets_its_key_from_the_one_that_stored_it(world):
    keeper, follower = world.tx(nonce=0, keep=True, gas=300_000), world.tx(nonce=1)
    fork = world.checkpoint()
    world.mine(keeper)
    world.mine(follower.with_key(None))
    world.reorg(fork, [[], [], []], returned=[keeper, follower.with_key(None)])
    chosen = world.pool.select(base_fee=BASE_FEE, gas=10**9, size=10**9)
    assert chosen == [keeper, follower]


# ------------------------------------------------------------- reorgs


def test_after_a_reorg_the_pool_is_that_of_a_node_that_saw_only_the_winner():
    """Two nodes get the same submissions; one of them also follows a losing branch."""
    straight, turned = World(), World()
    straight.mine()
    turned.mine()
    ours = {n: straight.tx(n, nonce) for n, nonce in ((0, 0), (1, 0), (2, 1), (3, 0))}
    expiring = straight.tx(4, until=4)
    for tx in (*ours.values(), expiring):
        straight.pool.submit(tx.raw)
        turned.pool.submit(tx.raw)
    fork = turned.checkpoint()

    losing = [straight.tx(0, max_tip=11), straight.tx(2), ours[3]]  # supersede, fill, mine
    turned.mine(*losing[:2])
    turned.mine(losing[2])
    turned.mine()
    assert set(turned.drops().values()) == {"tx.nonce_low", "tx.expired"}

    winning = [[ours[1]], [straight.tx(5)]]
    for txs in winning:
        straight.mine(*txs)
    turned.reorg(fork, winning, returned=losing)

    assert straight.held() == {
        ours[0].txid: "ready",
        ours[2].txid: "held",
        ours[3].txid: "ready",
        expiring.txid: "ready",
    }
    # What the losing branch held and the winner does not is back as well.
    assert turned.held() == straight.held() | {losing[1].txid: "ready", ours[2].txid: "ready"}
    assert turned.pool.dropped(ours[0].txid) is None
    assert turned.pool.dropped(expiring.txid) is None


def test_a_long_run_of_one_sender_survives_going_back(world):
    """Forty waiting behind two mined ones are not cut to sixteen held while these return."""
    txs = [world.tx(nonce=nonce) for nonce in range(42)]
    for tx in txs:
        world.pool.submit(tx.raw)
    fork = world.checkpoint()
    world.mine(*txs[:2])
    world.reorg(fork, [[], []], returned=txs[:2])
    assert world.held() == dict.fromkeys([tx.txid for tx in txs], "ready")
    assert world.drops() == {}


def test_what_the_new_branch_makes_invalid_is_dropped_with_the_reason(world):
    ours = world.submit(nonce=0)
    fork = world.checkpoint()
    returned = world.tx(1, nonce=0, max_tip=20)
    world.mine(returned)
    world.reorg(fork, [[world.tx(0, max_tip=11)], [world.tx(1, max_tip=12)]], returned=[returned])
    assert world.held() == {}
    assert world.drops() == {ours: "tx.nonce_low", returned.txid: "tx.nonce_low"}


def test_funds_that_only_the_old_branch_had(world):
    poor = key(20)
    fork = world.checkpoint()
    gift = world.tx(0, body={"to": poor.address, "value": RICH // 2})
    world.mine(gift)
    spend = world.submit(20)
    world.reorg(fork, [[], []], returned=[gift])
    assert world.held() == {gift.txid: "ready"}
    assert world.drops() == {spend: "tx.insufficient_funds"}


# ------------------------------------------------------------- the miner's word


def test_the_miner_can_drop_what_fits_no_block(world):
    first, second = world.submit(nonce=0), world.submit(nonce=1)
    refusal = KeyMismatch("does not run")
    world.pool.drop(first, refusal)
    world.pool.drop(bytes(32), refusal)
    assert world.held() == {second: "held"}
    assert world.news[-1] == TxDropped(first, "tx.key_mismatch", "does not run", world.clock.ms)


def test_who_is_refused_at_one_head_may_still_come_back_at_another(world):
    """Two reorganisations: the first branch uses the nonce again, the second does not."""
    ours = world.submit(nonce=0)
    first = world.checkpoint()
    world.mine()
    second = world.checkpoint()
    losing = world.tx(0, max_tip=11)
    world.mine(losing)
    winning = world.tx(0, max_tip=12)
    world.reorg(second, [[winning], []], returned=[losing])
    assert ours not in world.held()
    world.reorg(first, [[], [], [], []], returned=[winning])
    assert world.held() == {ours: "ready"}  # the others pay too little more to replace it


def test_what_the_new_branch_holds_is_no_drop(world):
    ours = world.tx(0)
    world.pool.submit(ours.raw)
    fork = world.checkpoint()
    world.mine(world.tx(0, max_tip=11))
    before = len(world.news)
    world.reorg(fork, [[ours], []])
    assert world.news[before:] == []
    assert world.held() == {}
