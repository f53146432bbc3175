"""Hash shares, proof type 1: a template that nearly was a block earns a slice of the subsidy.

Source: docs/spec/proofs.md.
"""

from __future__ import annotations

from consensus import errors
from consensus.rules import header as header_rules
from consensus.rules.header import Ancestry
from consensus.rules.seal import check_psi
from core import cbor, exact
from core.fields import Fields, keys
from core.header import HEADER_BYTES, Header
from core.limits import SHARE_WINDOW
from core.network import PPM
from core.proof import SHARE, Claim, Envelope, ProofContext, nullifier

_BODY = keys(("header",))
_BODY_BYTES = HEADER_BYTES + 16


def envelope(header: Header) -> Envelope:
    """The proof that a template's header with its nonce is."""
    body = cbor.encode({"header": header.to_map()})
    return Envelope(SHARE, body, nullifier(SHARE, header.hash))


def decode(body: bytes) -> Header:
    """The header of a share's body; raises an ``EncodingRefused``."""
    value = cbor.decode(body, limit=_BODY_BYTES, what="share")
    return Header.from_map(Fields(value, "share", _BODY, frozenset()).raw("header"))


def threshold(theta: int, offset: int) -> int:
    """Draws strictly below this number make a share of a template of ``theta`` (micro-nats)."""
    return exact.target(max(0, theta - offset))


def verify(body: bytes, ctx: ProofContext) -> Claim:
    """The header follows from one of the last 8 ancestors, and its draw is low enough."""
    share = decode(body)
    check_parent(share, ctx)
    check_not_ancestor(share, ctx)
    check_template(share, ctx)
    check_beacon(share, ctx)
    check_draw(share, ctx.share_offset)
    until = share.height - 1 + SHARE_WINDOW
    return Claim(share.hash, share.coinbase, units=1, quality=PPM, until=until)


def check_parent(share: Header, ctx: ProofContext) -> None:
    """Its parent is among the last ancestors."""
    parent_height = share.height - 1
    oldest = max(0, ctx.header.height - SHARE_WINDOW)
    in_window = oldest <= parent_height < ctx.header.height
    if not in_window or ctx.lineage.header(parent_height).hash != share.parent:
        raise errors.ShareParent(
            f"the share's parent is none of the last {SHARE_WINDOW} ancestors",
            field="share.parent",
            most=SHARE_WINDOW,
        )


def check_not_ancestor(share: Header, ctx: ProofContext) -> None:
    """It is not a block of this branch itself."""
    is_past = share.height < ctx.header.height
    if is_past and ctx.lineage.header(share.height).hash == share.hash:
        raise errors.ShareIsAncestor("the share is an ancestor block", field="share.header")


def check_template(share: Header, ctx: ProofContext) -> None:
    """Everything in its header that follows from ancestors is right.

    Its time is after the parent's and at most 60 s after the including block's.
    """
    parent = ctx.lineage.header(share.height - 1)
    above = None if parent.height == 0 else ctx.lineage.header(parent.height - 1)
    header_rules.check_place(share, parent, ctx.network)
    header_rules.check_time(share, parent, now_ms=ctx.header.time)
    header_rules.check_limits(share, ctx.network)
    header_rules.check_schedule(share, Ancestry(parent, above), ctx.network)
    header_rules.check_coinbase(share)
    check_psi(share, ctx.network)


def check_beacon(share: Header, ctx: ProofContext) -> None:
    """Every child of a block has that state's beacon, so its sibling on this branch tells it."""
    is_sibling = share.height == ctx.header.height
    sibling = ctx.header if is_sibling else ctx.lineage.header(share.height)
    if share.beacon != sibling.beacon:
        raise errors.BeaconWrong(
            "the share's beacon is not the one of its height", field="share.beacon"
        )


def check_draw(share: Header, offset: int) -> None:
    """Θ is the share's own, s (micro-nats) that of the including block's parent state."""
    if share.draw >= threshold(share.theta, offset):
        raise errors.ShareDraw("the share's draw is not below its target", field="share.nonce")
