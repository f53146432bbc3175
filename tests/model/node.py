"""The node's side of the lock-step: the real importer on a real database, read back whole."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from animica_site import networks
from chain import queries
from chain import service as ledger
from chain.models import Block as BlockRow
from chain.models import StateRecord
from consensus import errors
from consensus.rules import proofs
from consensus.service import Importer
from consensus.witnesses import WitnessChecker
from core import cbor
from core.bus import EventBus
from core.errors import Refused
from core.fields import Fields, keys
from core.limits import ADDRESS_BYTES, HASH_BYTES, PROOF_BYTES
from core.proof import SCORED, Claim, Envelope, ProofContext
from core.tx import SignedTx
from mining import template
from pq import addresses
from tests import support

_WORK = ("work", "payee", "units", "quality", "until", "anchor", "creditUntil", "job", "burnt")
_STATED = keys((*_WORK, "spent"))


def stated(body: bytes, ctx: ProofContext) -> Claim:
    """A verifier for types 2 to 4, until they have their own: it believes what the body states."""
    f = Fields(cbor.decode(body, limit=PROOF_BYTES, what="proof"), "proof", _STATED, frozenset())
    claim = Claim(
        work_id=f.data("work", most=HASH_BYTES),
        anchor=f.data("anchor", most=HASH_BYTES) or None,
        job=f.data("job", most=HASH_BYTES),
        payee=f.data("payee", size=ADDRESS_BYTES),
        quality=f.uint("quality", most=10**6),
        units=f.uint("units"),
        until=f.uint("until"),
        credit_until=f.uint("creditUntil"),
        burnt=f.uint("burnt"),
        spent_units=f.uint("spent"),
    )
    if claim.until is not None and ctx.header.height > claim.until:
        raise errors.ProofReplayed("the work's time is over")
    return claim


VERIFIERS = {**proofs.VERIFIERS, **dict.fromkeys(SCORED, stated)}


class Node:
    """A node with an empty database and a clock of its own."""

    def __init__(
        self, table: Mapping[str, Any], allocations: Sequence[tuple[bytes, int]], now: int
    ) -> None:
        support.wipe_database()
        texts = [{"address": addresses.to_text(to), "balance": sum_} for to, sum_ in allocations]
        genesis = {**table["genesis"], "allocations": texts}
        self.network = networks.parse({**table, "genesis": genesis})
        self.clock = support.FixedClock(now)
        self.restart()

    def restart(self) -> None:
        """Forget all that is not in the database."""
        self.importer = Importer(
            network=self.network,
            clock=self.clock,
            witnesses=WitnessChecker(support.InlineRunner()),
            bus=EventBus(support.raise_error),
            verifiers=VERIFIERS,
        )
        self.importer.start()

    def import_block(self, raw: bytes) -> str:
        """What became of a block, or the code of its refusal."""
        try:
            return self.importer.import_block(raw, source="lock-step").outcome
        except Refused as refusal:
            return refusal.code

    def head(self) -> bytes:
        """The head's hash."""
        return ledger.head().header.hash

    def records(self) -> dict[tuple[str, bytes], bytes]:
        """Every record of the head's state."""
        rows = StateRecord.objects.values_list("module", "ident", "value")
        return {(module, bytes(id)): bytes(value) for module, id, value in rows}

    def blocks(self) -> dict[bytes, tuple[bool, str, int]]:
        """Every stored block: on the best chain?, why invalid, total work."""
        rows = BlockRow.objects.values_list("hash", "canonical", "invalid_code", "total_work")
        return {
            bytes(hash): (on_best, code, int.from_bytes(work, "big"))
            for hash, on_best, code, work in rows
        }

    def template(
        self,
        coinbase: bytes,
        time: int,
        candidates: Sequence[tuple[dict[str, Any], Any]],
        envelopes: Sequence[dict[str, Any]],
    ) -> bytes:
        """A block as the node's own miner builds and seals it."""
        header = ledger.head().header
        above = ledger.stored(header.parent)
        base = template.Base(
            network=self.network,
            parent=header,
            grandparent=None if above is None else above.header,
            reader=ledger.reader(),
            stage=lambda changes: ledger.stage_state(changes).root,
            lineage=ledger.ancestors(header.height),
            verifiers=VERIFIERS,
        )
        txs = [SignedTx.decode(cbor.encode([tx, witness])) for tx, witness in candidates]
        wishes = template.Wishes(coinbase, b"template", time)
        proofs = [Envelope.from_map(each) for each in envelopes]
        made = template.build(base, wishes, txs, proofs)
        sealed = support.seal(made.block.header)
        return made.sealed(int.from_bytes(sealed.nonce, "little")).raw

    def receipts(self, hash: bytes) -> list[dict[str, Any]]:
        """The receipts of a block of the best chain."""
        found = queries.full_block(hash)
        assert found is not None
        return [receipt.to_map() for receipt in found.receipts]

    def alarm(self) -> bytes | None:
        """The block of a refused branch that the node warns of."""
        alarm = self.importer.alarm
        return None if alarm is None else alarm.hash

    def raw_block(self, hash: bytes) -> bytes | None:
        """A stored block as it travels."""
        return ledger.raw_block(hash)

    def tx(self, txid: bytes) -> tuple[bytes, int, tuple[int, int, int]]:
        """Block and index of a transaction, and its price, base part and tip."""
        found = queries.tx(txid)
        assert found is not None
        told = found.outcome
        charge = told.charge
        return told.block_hash, told.index, (charge.price, charge.base_fee_paid, charge.tip_paid)

    def logs(self, height: int) -> list[dict[str, Any]]:
        """The events of a block of the best chain."""
        page = queries.logs(from_height=height, to_height=height)
        return [line.log.to_map() for line in page.items]

    def record(self, module: str, id: bytes, height: int) -> bytes | None:
        """A record's value after a block of the best chain."""
        return queries.record(module, id, height=height)

    def prove(
        self, module: str, id: bytes
    ) -> tuple[bytes | None, tuple[bytes, ...], tuple[bytes, bytes] | None]:
        """A record of the head, with the siblings and the other record of its proof."""
        found = queries.prove(module, id)
        return found.value, found.proof.siblings, found.proof.other

    def totals(self) -> tuple[int, int, int]:
        """Minted, burnt, supply."""
        totals = queries.totals()
        return totals.minted, totals.burnt, totals.supply

    def verify_state(self) -> None:
        """Rehash every record and rebuild the tree; raises if it is not the header's."""
        ledger.verify_state()

    def account(self, address: bytes, height: int | None = None) -> tuple[int, int]:
        """Nonce and balance at a height of the best chain."""
        nonce, balance, _code = queries.account(address, height=height)
        return nonce, balance


def random_params(rng: random.Random) -> dict[str, Any]:
    """The fast network's file with numbers that bind, and an upgrade or two to others."""
    table = networks.load_table("fast")
    params = table["params"]
    params.update(_numbers(rng))
    params["epoch_blocks"] = rng.choice([1, 3, 5, 8])
    params["subsidy_start"] = rng.choice([0, 13, 10_000_000_019])
    params["subsidy_tail"] = rng.choice([0, 7, 10_000_000])
    a, b = rng.choice([(0, 0), (333_333, 1), (100_000, 899_999), (500_000, 500_000)])
    params["base_fee_split"].update(treasury_ppm=a, aicf_ppm=b, burn_ppm=10**6 - a - b)
    aicf = rng.choice([0, 1, 100_000, 333_333])
    params["tip_split"].update(aicf_ppm=aicf, producer_ppm=10**6 - aicf)
    _replace(table["poies"], _work_numbers(rng))
    table["alg"][1]["from"] = rng.choice([0, 0, 6])
    table["proof_types"][0]["from"] = rng.choice([0, 0, 4])
    for kind in SCORED:
        if rng.random() < 0.7:
            table["proof_types"].append({"type": kind, "from": rng.choice([0, 0, 7])})
    heights = sorted(rng.sample(range(1, 31), rng.choice([0, 1, 1, 2])))
    table["upgrades"] = [
        {
            "name": f"upgrade {height}", "height": height,
            "params": _numbers(rng) if rng.random() < 0.8 else {},
            "poies": _work_numbers(rng) if rng.random() < 0.8 else {},
        }
        for height in heights
    ]  # fmt: skip
    table["local"]["max_reorg_blocks"] = rng.choice([3, 6, 100])
    return table


def _numbers(rng: random.Random) -> dict[str, Any]:
    """Numbers of ``params`` that an upgrade may change as well."""
    return {
        "gas_limit": rng.choice([180_000, 300_001, 500_000, 100_000_000]),
        "block_bytes": rng.choice([20_000, 100_000, 8_000_000]),
        "retarget": rng.random() < 0.8,
        "retarget_tau_ms": rng.choice([5_000, 20_000, 60_000]),
        "retarget_step_unat": rng.choice([100_000, 500_000]),
        "theta_max_unat": rng.choice([3_500_000, 5_000_000]),
        "base_fee_floor": rng.choice([1, 7, 1_000]),
        "subsidy_era_blocks": rng.choice([0, 3, 50]),
        "subsidy_decay_ppm": rng.choice([125_000, 333_333]),
    }


def _work_numbers(rng: random.Random) -> dict[str, Any]:
    """Numbers of ``poies``; the caps sometimes lie below what the work would bring."""
    pairs = [(1_000_000, 1_500_000), (1_000_000, 2_000_000), (300_000, 900_000), (0, 1_600_000)]
    gamma, least = rng.choices(pairs, [3, 3, 3, 1])[0]
    alpha = rng.choice([500_000, 900_001, 1_000_000])
    return {
        "gamma_unat": gamma,
        "diversity_ppm": rng.choice([0, 100_000, 1_000_000]),
        "storage_ref_unat": rng.choice([1, 200_000]),
        "shares_per_block": rng.choice([1, 2, 4, 7]),
        "share_offset_start_unat": rng.choice([least, least + 300_000]),
        "share_offset_min_unat": least,
        "share_offset_max_unat": rng.choice([least + 300_000, 4_500_000]),
        "share_offset_step_unat": rng.choice([0, 1, 250_000]),
        **{
            name: {
                "weight_ppm": rng.choice([0, 50_000, 800_000, 800_000, 999_999]),
                "cap_unat": rng.choice([100_000, 700_000]),
                "unit0": rng.choice([1, 7, 1_000]),
                "price0": rng.choice([1, 13, 13, 10**10]),
                "alpha_start_ppm": alpha,
                "alpha_max_ppm": rng.choice([alpha, 1_000_000]),
                "alpha_step_ppm": rng.choice([1, 50_000, 500_000]),
            }
            for name in ("ai", "quantum", "storage")
        },
    }


def _replace(table: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if isinstance(value, dict):
            _replace(table[name], value)
        else:
            table[name] = value
