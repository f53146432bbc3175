"""Makes proofs for the lock-step: shares of every kind, stated work, and spoiled ones of both."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from random import Random
from typing import Any

from core import cbor
from tests.model import proofs, spoil, tuning
from tests.model.chain import Chain, Kept
from tests.model.header import draw_of, header_hash, mix_after
from tests.model.primitives import h
from tests.model.refusal import Broken
from tests.model.shares import WINDOW, share_target
from tests.model.wallets import ml_wallet

Map = dict[str, Any]
WORKS = 30
"""Pieces of stated work that a chain knows; few, so that they come again."""


def place(envelope: Mapping[str, Any]) -> tuple[int, bytes]:
    """Where it stands among a block's proofs."""
    return envelope["type"], envelope["nullifier"]


def envelope_of(share: Mapping[str, Any]) -> Map:
    """The proof that a template's header is."""
    return proofs.envelope(proofs.SHARE, {"header": dict(share)}, header_hash(share))


class ProofMaker:
    """Proofs for a child of any made block. ``template`` drafts a header on a block."""

    def __init__(
        self, model: Chain, rng: Random, made: Mapping[bytes, Kept], template: Any
    ) -> None:
        self.model, self.rng, self.made, self.template = model, rng, made, template

    def some(self, header: Map, parent: Kept) -> list[Map]:
        """Proofs that may stand in the block with this header, in order; often none."""
        if self.rng.random() < 0.4:
            return []
        rules = self.model.rules.at(header["height"])
        found = []
        if self.active(proofs.SHARE, header):
            most = rules.poies["shares_per_block"]
            for _ in range(self.rng.choice([1, 1, 2, most, most + 1])):
                found.append(self.share(header, parent))
            found = found[:most]
        kinds = [kind for kind in tuning.SCORED if self.active(kind, header)]
        for _ in range(self.rng.choice([0, 0, 1, 2, 4]) if kinds else 0):
            found.append(self.scored(self.rng.choice(kinds), header, parent))
        return self.usable(found, header, parent)

    def active(self, kind: int, header: Mapping[str, Any]) -> bool:
        """Whether the type may be in the block."""
        types = self.model.network["proof_types"]
        return any(each["type"] == kind and header["height"] >= each["from"] for each in types)

    def usable(self, found: list[Map], header: Map, parent: Kept) -> list[Map]:
        """Those that bring something, each once, in order."""
        kept: dict[tuple[int, bytes], Map] = {}
        for each in found:
            with suppress(Broken):
                block = {"header": header, "envelopes": [each]}
                self.model.prove(block, parent)
                kept[place(each)] = each
        return [kept[key] for key in sorted(kept)]

    # ------------------------------------------------------------------ shares

    def share(self, header: Map, parent: Kept) -> Map:
        """A share of a fresh template or of a block that lost."""
        way = self.rng.random()
        if way < 0.3 and (stale := self.stale(parent)):
            return envelope_of(self.rng.choice(stale))
        return envelope_of(self.fresh(header, parent))

    def fresh(self, header: Map, parent: Kept, *, back: int | None = None) -> Map:
        """A share of a template on an ancestor, ``back`` blocks below the parent."""
        rng = self.rng
        line = list(parent.line())
        if back is None:
            back = rng.choice([0, 0, 0, 1, 2, WINDOW - 1, rng.randrange(WINDOW)])
        base = line[min(back, len(line) - 1)]
        latest = header["time"] + 60_000
        time = min(base.header["time"] + rng.choice([1, 1_000, 10**6]), latest)
        share: Map = self.template(base, time)
        share["coinbase"] = ml_wallet(rng.randrange(10)).address
        share["psi"] = rng.choice([0, 0, self.model.rules.most_psi(share["height"])])
        share["gasUsed"] = rng.choice([0, share["gasLimit"]])
        share["roots"] = {name: h(rng.randbytes(4)) for name in share["roots"]}
        self.draw(share, header, parent, enough=True)
        return share

    def stale(self, parent: Kept) -> list[Map]:
        """Blocks beside the branch, on one of its last blocks."""
        line = list(parent.line())[:WINDOW]
        best = {kept.hash for kept in parent.line()}
        near = {kept.hash for kept in line}
        return [
            kept.header
            for kept in list(self.made.values())[-200:]
            if kept.parent is not None and kept.parent.hash in near and kept.hash not in best
        ]

    def draw(self, share: Map, header: Map, parent: Kept, *, enough: bool) -> None:
        """Put in a nonce that makes it a share, or one that just does not."""
        poies = self.model.rules.at(header["height"]).poies
        _, offset = tuning.in_force(tuning.read(parent.state), poies)
        below = share_target(share["theta"], offset)
        for number in range(2_000):
            share["nonce"] = number.to_bytes(8, "little")
            if (draw_of(share) < below) == enough:
                return

    # ------------------------------------------------------------------ stated work

    def scored(self, kind: int, header: Map, parent: Kept) -> Map:
        """Work of types 2 to 4; often of a piece that has been used before."""
        rng = self.rng
        poies = self.model.rules.at(header["height"]).poies[proofs.NAMES[kind]]
        work = h(b"work %d" % rng.randrange(WORKS))
        payee = header["coinbase"] if rng.random() < 0.9 else ml_wallet(rng.randrange(10)).address
        unit0, price0 = poies["unit0"], poies["price0"]
        many = rng.randrange(10 * unit0)
        units = rng.choice([many, many, many, unit0, unit0 - 1, 0, 1, 2**64 - 1])
        height = header["height"]
        body = {
            "work": work, "payee": payee, "units": units,
            "quality": rng.choice([10**6, 10**6, 0, 1, rng.randint(0, 10**6)]),
            "until": height + rng.choice([0, 0, 1, 3, 9]),
            "anchor": self.anchor(parent),
            "creditUntil": max(0, height + rng.choice([-1, 0, 0, 0, 5, 5])),
            "job": h(b"job %d" % rng.randrange(2)),
            "burnt": rng.choice([100 * price0, 10 * price0, price0, 0, rng.randrange(10**12)]),
            "spent": rng.choice([0, 0, 0, 0, 1, unit0]),
        }  # fmt: skip
        return proofs.envelope(kind, body, work)

    def anchor(self, parent: Kept) -> bytes:
        """An ancestor, or none."""
        if self.rng.random() < 0.5:
            return b""
        return self.rng.choice(list(parent.line())).hash

    # ------------------------------------------------------------------ spoiled

    def spoiled(self, header: Map, parent: Kept) -> Map:
        """A proof that breaks one of its own rules, most likely."""
        kinds = [kind for kind in tuning.SCORED if self.active(kind, header)]
        if kinds and self.rng.random() < 0.3:
            return self._spoiled_work(self.scored(self.rng.choice(kinds), header, parent))
        ways = (
            self._ancestor, self._too_old, self._other_branch, self._draw_missed, self._field,
            self._field, self._late, self._other_nullifier, self._other_body, self._used,
        )  # fmt: skip
        return self.rng.choice(ways)(header, parent)

    def _ancestor(self, header: Map, parent: Kept) -> Map:
        return envelope_of(self.rng.choice(list(parent.line())[:WINDOW]).header)

    def _too_old(self, header: Map, parent: Kept) -> Map:
        back = self.rng.choice([WINDOW, WINDOW + 1])
        return envelope_of(self.fresh(header, parent, back=back))

    def _other_branch(self, header: Map, parent: Kept) -> Map:
        """On a block beside the branch, or with a height that is not its parent's plus one."""
        share = self.fresh(header, parent)
        if stale := self.stale(parent):
            other = self.rng.choice(stale)
            share["parent"] = header_hash(other)
            share["height"] = other["height"] + 1
            share["mix"] = mix_after(other, share["beacon"]["out"])
        else:
            share["height"] = self.rng.choice([0, share["height"] + 1, header["height"] + 1])
        self.draw(share, header, parent, enough=True)
        return envelope_of(share)

    def _draw_missed(self, header: Map, parent: Kept) -> Map:
        share = self.fresh(header, parent)
        self.draw(share, header, parent, enough=False)
        return envelope_of(share)

    def _field(self, header: Map, parent: Kept) -> Map:
        """A template that does not follow from its ancestors."""
        share = self.fresh(header, parent)
        if self.rng.random() < 0.3:
            spoil.spoil_neighbours(share, self.model, self.rng)
        else:
            spoil.spoil_header(share, self.model, self.rng)
        with suppress(KeyError, TypeError, OverflowError):
            self.draw(share, header, parent, enough=True)
        return envelope_of(share)

    def _late(self, header: Map, parent: Kept) -> Map:
        """At the edges of what time a share may have."""
        share = self.fresh(header, parent)
        above = parent.headers()[share["height"] - 1][1]
        latest = header["time"] + 60_000
        share["time"] = self.rng.choice([latest, latest + 1, above["time"], above["time"] + 1])
        self.draw(share, header, parent, enough=True)
        return envelope_of(share)

    def _other_nullifier(self, header: Map, parent: Kept) -> Map:
        made = self.share(header, parent)
        made["nullifier"] = spoil.flip(made["nullifier"], self.rng)
        return made

    def _other_body(self, header: Map, parent: Kept) -> Map:
        """A body of another form."""
        made = self.share(header, parent)
        if self.rng.random() < 0.5:
            made["body"] = spoil.spoil_bytes(made["body"], self.rng)
        else:
            body = cbor.decode(made["body"], limit=4_096, what="share")
            spoil.spoil_map(body, self.rng)
            with suppress(Exception):
                made["body"] = cbor.encode(body)
        return made

    def _used(self, header: Map, parent: Kept) -> Map:
        """A proof of an earlier block once more."""
        earlier = [each for kept in parent.line() for each in kept.block["envelopes"]]
        return dict(self.rng.choice(earlier[:40])) if earlier else self._ancestor(header, parent)

    def _spoiled_work(self, made: Map) -> Map:
        rng = self.rng
        way = rng.randrange(4)
        if way == 0:
            made["nullifier"] = spoil.flip(made["nullifier"], rng)
            return made
        body = cbor.decode(made["body"], limit=4_096, what="work")
        if way == 1:
            others = [kept.hash for kept in list(self.made.values())[-30:]]
            body["anchor"] = rng.choice([rng.choice(others), h(b"nothing"), b"short"])
        elif way == 2:
            body["until"] = 0
        else:
            spoil.spoil_map(body, rng)
        with suppress(Exception):
            made["body"] = cbor.encode(body)
        return made
