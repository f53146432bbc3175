"""Messages as bytes: one encoding each, and every field within its bounds."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import cbor
from core.errors import EncodingRefused
from p2p.rules import limits
from p2p.rules.wire import codec, table
from p2p.rules.wire import messages as m
from tests.p2p.samples import BLOCK_BYTES, ID, SAMPLES, messages

BY_TYPE = {type(sample): sample for sample in SAMPLES}


def decode(data: bytes) -> m.Message:
    return codec.decode(data, block_bytes=BLOCK_BYTES)


def refused(data: bytes) -> tuple[str, object]:
    with pytest.raises(EncodingRefused) as caught:
        decode(data)
    return caught.value.code, caught.value.facts.get("field")


def altered(type, **changes) -> tuple[str, object]:
    """How a sample with some fields changed is refused."""
    return refused(codec.encode(dataclasses.replace(BY_TYPE[type], **changes)))


def test_there_is_a_sample_of_every_kind():
    assert set(BY_TYPE) == set(m.KINDS.values())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: type(one).__name__)
def test_a_message_comes_back_as_it_went(sample):
    assert decode(codec.encode(sample)) == sample


@given(messages)
def test_any_message_comes_back_as_it_went(message):
    assert decode(codec.encode(message)) == message


@given(st.sampled_from(SAMPLES), st.data())
def test_changed_bytes_are_refused_or_another_message(sample, data):
    raw = bytearray(codec.encode(sample))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        message = decode(bytes(raw))
    except EncodingRefused:
        return
    assert codec.encode(message) == raw


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_a_message(raw):
    try:
        message = decode(raw)
    except EncodingRefused:
        return
    assert codec.encode(message) == raw


def test_an_unknown_kind_is_refused():
    for raw in [b"", *(bytes([n, 0xA0]) for n in range(256) if n not in m.KINDS)]:
        assert refused(raw) == ("p2p.message_unknown", "message")


def test_the_words_of_a_message_are_the_specification_s():
    raw = codec.encode(BY_TYPE[m.Identify])
    assert set(cbor.decode(raw[1:], limit=999, what="x")) == {
        *("agent", "listen", "height", "head", "work", "bodiesFrom", "snapshots"),
    }
    assert codec.encode(m.Ping(1)) == b"\x02\xa1enonce\x01"


def test_bytes_after_the_end_and_long_forms_are_refused():
    assert refused(codec.encode(m.Ping(1)) + b"\x00")[0] == "cbor.trailing"
    assert refused(b"\x02\xa1enonce\x18\x01")[0] == "cbor.not_shortest"
    assert refused(b"\x04\xa2ax`dcode`") == ("field.missing", "goodbye.reason")
    assert refused(b"\x04\xa3ax`dcode`freason`") == ("cbor.too_many_items", "goodbye")
    assert refused(b"\x0f\xa1ax\x01") == ("cbor.too_large", "graft")
    assert refused(b"\x02\xa0") == ("field.missing", "ping.nonce")
    assert refused(b"\x02\x80") == ("field.type", "ping")


RANGE, TYPE = "field.range", "field.type"
BAD = [
    (m.Identify, {"agent": "a" * 65}, RANGE, "identify.agent"),
    (m.Identify, {"agent": "bell\x07"}, TYPE, "identify.agent"),
    (m.Identify, {"agent": "ü"}, TYPE, "identify.agent"),
    (m.Identify, {"agent": b"a"}, TYPE, "identify.agent"),
    (m.Identify, {"listen": (("udp", 1),)}, RANGE, "identify.listen"),
    (m.Identify, {"listen": (("tcp", 0),)}, RANGE, "identify.listen"),
    (m.Identify, {"listen": (("tcp", 65536),)}, RANGE, "identify.listen"),
    (m.Identify, {"listen": (("tcp", 1),) * 9}, RANGE, "identify.listen"),
    (m.Identify, {"head": bytes(31)}, RANGE, "identify.head"),
    (m.Identify, {"work": bytes(33)}, RANGE, "identify.work"),
    (m.Identify, {"snapshots": ((1, ID),) * 17}, RANGE, "identify.snapshots"),
    (m.Identify, {"snapshots": ((1, bytes(31)),)}, RANGE, "identify.snapshots"),
    (m.Ping, {"nonce": b""}, TYPE, "ping.nonce"),
    (m.Ping, {"nonce": True}, TYPE, "ping.nonce"),
    (m.Goodbye, {"code": "c" * 33}, RANGE, "goodbye.code"),
    (m.Goodbye, {"reason": "r" * 129}, RANGE, "goodbye.reason"),
    (m.Peers, {"addresses": ("a" * 65,)}, RANGE, "peers.addresses"),
    (m.Peers, {"addresses": ("a",) * 65}, "cbor.too_many_items", "peers"),
    (m.Inv, {"kind": 0}, RANGE, "inv.kind"),
    (m.Inv, {"kind": 4}, RANGE, "inv.kind"),
    (m.Inv, {"kind": m.BLOCK}, RANGE, "inv.kind"),
    (m.Get, {"kind": m.BLOCK}, RANGE, "get.kind"),
    (m.Missing, {"kind": 4}, RANGE, "missing.kind"),
    (m.Missing, {"kind": "1"}, TYPE, "missing.kind"),
    (m.Inv, {"ids": ()}, RANGE, "inv.ids"),
    (m.Inv, {"ids": (ID,) * 1025}, "cbor.too_large", "inv"),
    (m.Inv, {"ids": (bytes(31),)}, RANGE, "inv.ids"),
    (m.Get, {"ids": (ID, 5)}, TYPE, "get.ids"),
    (m.Txs, {"txs": ()}, RANGE, "txs.txs"),
    (m.Txs, {"txs": (b"",)}, RANGE, "txs.txs"),
    (m.Txs, {"txs": (bytes(131_073),)}, RANGE, "txs.txs"),
    (m.Txs, {"txs": (bytes(131_072),) * 4 + (b"x",)}, RANGE, "txs.txs"),
    (m.Proofs, {"envelopes": (bytes(table.ENVELOPE_BYTES + 1),)}, RANGE, "proofs.envelopes"),
    (m.Prune, {"backoff_s": 3601}, RANGE, "prune.backoffS"),
    (m.GetHeaders, {"locator": ()}, RANGE, "getHeaders.locator"),
    (m.GetHeaders, {"most": 0}, RANGE, "getHeaders.most"),
    (m.GetHeaders, {"most": 257}, RANGE, "getHeaders.most"),
    (m.Headers, {"headers": (b"h",) * 257}, "cbor.too_many_items", "headers"),
    (m.Headers, {"headers": (bytes(2049),)}, RANGE, "headers.headers"),
    (m.Headers, {"asked": 1}, TYPE, "headers.asked"),
    (m.GetBodies, {"hashes": (ID,) * 17}, "cbor.too_large", "getBodies"),
    (m.Body, {"raw": b""}, RANGE, "body.raw"),
    (m.Body, {"raw": bytes(BLOCK_BYTES + 1)}, "cbor.too_large", "body"),
    (m.Compact, {"salt": bytes(7)}, RANGE, "compact.salt"),
    (m.Compact, {"txs": b"s" * 53}, RANGE, "compact.txs"),
    (m.Compact, {"keyed": b"\xff"}, "p2p.message_form", "compact.keyed"),
    (m.Compact, {"keyed": b"\xff\xc0"}, "p2p.message_form", "compact.keyed"),
    (m.Compact, {"receipts": (b"r",) * 81}, RANGE, "compact.receipts"),
    (m.Compact, {"receipts": (bytes(257),)}, RANGE, "compact.receipts"),
    (m.Compact, {"prefilled": ((9, b"t"),)}, "p2p.message_form", "compact.prefilled"),
    (m.Compact, {"prefilled": ((1, b"t"), (1, b"t"))}, RANGE, "compact.prefilled"),
    (m.Compact, {"prefilled": ((0, bytes(131_072)), (1, bytes(131_072)), (2, b"x"))}, RANGE,
     "compact.prefilled"),
    (m.GetParts, {"txs": (5, 0)}, RANGE, "getParts.txs"),
    (m.GetParts, {"txs": (5, 5)}, RANGE, "getParts.txs"),
    (m.GetParts, {"txs": tuple(range(4097))}, RANGE, "getParts.txs"),
    (m.GetParts, {"txs": (80_000,)}, RANGE, "getParts.txs"),
    (m.GetParts, {"proofs": (80,)}, RANGE, "getParts.proofs"),
    (m.GetParts, {"txs": (), "proofs": ()}, "p2p.message_form", "getParts"),
    (m.Parts, {"envelopes": (b"e",) * 81}, RANGE, "parts.envelopes"),
    (m.GetChunk, {"index": limits.CHUNKS_MOST}, RANGE, "getChunk.index"),
    (m.ManifestIs, {"manifest": bytes(limits.MANIFEST_BYTES + 1)}, "cbor.too_large", "manifestIs"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "changes", "code", "field"), BAD)
def test_a_field_out_of_its_bounds_is_refused(type, changes, code, field):
    assert altered(type, **changes) == (code, field)


U64 = 2**64 - 1
AT_THE_LIMIT = [
    m.Identify("a" * 64, (("quic", 65535),) * 8, U64, ID, ID, U64, ((U64, ID),) * 16),
    m.Goodbye("c" * 32, "r" * 128),
    m.Peers(("a" * 64,) * 64),
    m.Inv(3, (ID,) * 1024),
    m.Txs((bytes(131_072),) * 4),
    m.Txs((bytes(512),) * 1024),
    m.Proofs((bytes(32_768),) * 16),
    m.Prune(3600),
    m.GetHeaders((ID,) * 64, 256),
    m.Headers((bytes(2048),) * 256, False),
    m.GetBodies((ID,) * 16),
    m.Body(bytes(BLOCK_BYTES)),
    m.Compact(bytes(2048), bytes(8), bytes(480_000), bytes(10_000), (bytes(256),) * 80,
              tuple((79_744 + n, bytes(1024)) for n in range(256))),
    m.GetParts(ID, tuple(range(75_904, 80_000)), tuple(range(80))),
    m.Parts(ID, (bytes(131_072),) * 61, (bytes(table.ENVELOPE_BYTES),) * 80),
    m.ManifestIs(ID, bytes(limits.MANIFEST_BYTES)),
    m.ChunkIs(ID, 999_999, bytes(704 * 1024)),
]  # fmt: skip


@pytest.mark.parametrize("message", AT_THE_LIMIT, ids=lambda one: type(one).__name__)
def test_what_is_just_within_the_limits_passes(message):
    data = codec.encode(message)
    assert decode(data) == message


def test_a_kind_s_limit_is_close_to_its_largest_message():
    """Small messages are small: what is larger is refused before it is parsed."""
    kinds = {kind.type: kind for kind in table.kinds(BLOCK_BYTES).values()}
    assert kinds[m.Graft].bytes == kinds[m.GetPeers].bytes == 2
    assert kinds[m.Ping].bytes == len(codec.encode(m.Ping(2**64 - 1)))
    assert kinds[m.Inv].bytes < 36_000
    for message in AT_THE_LIMIT:
        if type(message) not in (m.Txs, m.Parts, m.Compact):
            assert kinds[type(message)].bytes <= 1.04 * len(codec.encode(message)) + 8
    assert max(kind.bytes for kind in kinds.values()) > BLOCK_BYTES


def test_too_many_items_are_refused_before_they_are_parsed(monkeypatch):
    monkeypatch.setattr(cbor, "_parse", lambda *_: pytest.fail("parsed"))
    flood = b"\x0a\xa2cids\x99\x70\x00" + b"\x00" * 0x7000 + b"dkind\x01"
    assert refused(flood)[0] == "cbor.too_many_items"
    assert refused(b"\x0f" + bytes(10_000))[0] == "cbor.too_large"


def test_a_network_of_small_blocks_has_small_messages():
    with pytest.raises(cbor.CborTooLarge):
        codec.decode(codec.encode(m.Body(bytes(2_000))), block_bytes=1_000)
    assert codec.kind_of(codec.encode(m.Body(bytes(1_000))), block_bytes=1_000).type is m.Body


def test_the_first_byte_and_the_length_are_enough_to_refuse():
    ping = codec.encode(m.Ping(2**64 - 1))
    assert codec.kind_of(ping, block_bytes=BLOCK_BYTES).type is m.Ping
    with pytest.raises(cbor.CborTooLarge):
        codec.kind_of(ping + b"\x00", block_bytes=BLOCK_BYTES)
