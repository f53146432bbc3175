"""One sound message of every kind, and strategies for all."""

from __future__ import annotations

from hypothesis import strategies as st

from p2p.rules.wire import messages as m

ID = bytes(range(32))
BLOCK_BYTES = 8_000_000

SAMPLES = (
    m.Identify("animica/0.1", (("tcp", 8546), ("ws", 80)), 7, ID, bytes(32), 0, ((1, ID),)),
    m.Ping(2**64 - 1),
    m.Pong(0),
    m.Goodbye("banned", "come back later"),
    m.GetPeers(),
    m.Peers(("tcp://192.0.2.1:8546", "tcp://[2001:db8::1]:1")),
    m.Inv(m.TX, (ID, bytes(32))),
    m.Get(m.PROOF, (ID,)),
    m.Missing(m.BLOCK, (ID,)),
    m.Txs((b"\x80", b"x" * 300)),
    m.Proofs((b"\x80",)),
    m.Graft(),
    m.Prune(60),
    m.GetHeaders((ID,), 256),
    m.Headers((), True),
    m.GetBodies((ID,)),
    m.Body(b"block"),
    m.Compact(b"header", bytes(8), b"s" * 54, b"\xff\x80", (b"\xa0",), ((0, b"t"), (8, b"u"))),
    m.GetParts(ID, (0, 5), (1,)),
    m.Parts(ID, (b"tx",), ()),
    m.GetManifest(ID),
    m.ManifestIs(ID, b""),
    m.GetChunk(ID, 3),
    m.ChunkIs(ID, 3, b"chunk"),
)

ids = st.binary(min_size=32, max_size=32)
u64 = st.integers(0, 2**64 - 1)
blob = st.binary(min_size=1, max_size=40)


def many(one, least=0, most=8):
    return st.lists(one, min_size=least, max_size=most).map(tuple)


def text(most):
    return st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=most)


def rising(end, most=8):
    return st.sets(st.integers(0, end - 1), max_size=most).map(lambda some: tuple(sorted(some)))


@st.composite
def compacts(draw):
    count = draw(st.integers(0, 40))
    bits = draw(st.integers(0, 2**count - 1)) << (-count % 8)
    places = draw(rising(count)) if count else ()
    return m.Compact(
        draw(blob),
        draw(st.binary(min_size=8, max_size=8)),
        draw(st.binary(min_size=6 * count, max_size=6 * count)),
        bits.to_bytes(-(-count // 8), "big"),
        draw(many(blob)),
        tuple((place, draw(blob)) for place in places),
    )


kinds = st.sampled_from((m.TX, m.BLOCK, m.PROOF))
ports = st.tuples(st.sampled_from(("tcp", "ws", "quic")), st.integers(1, 65535))
parts = st.builds(m.GetParts, ids, rising(80_000), rising(80))

messages = st.one_of(
    st.builds(m.Identify, text(64), many(ports), u64, ids, ids, u64, many(st.tuples(u64, ids))),
    st.builds(m.Ping, u64),
    st.builds(m.Pong, u64),
    st.builds(m.Goodbye, text(32), text(128)),
    st.builds(m.GetPeers),
    st.builds(m.Peers, many(text(64))),
    st.builds(m.Inv, st.sampled_from((m.TX, m.PROOF)), many(ids, 1)),
    st.builds(m.Get, st.sampled_from((m.TX, m.PROOF)), many(ids, 1)),
    st.builds(m.Missing, kinds, many(ids, 1)),
    st.builds(m.Txs, many(blob, 1)),
    st.builds(m.Proofs, many(blob, 1)),
    st.builds(m.Graft),
    st.builds(m.Prune, st.integers(0, 3600)),
    st.builds(m.GetHeaders, many(ids, 1), st.integers(1, 256)),
    st.builds(m.Headers, many(blob), st.booleans()),
    st.builds(m.GetBodies, many(ids, 1)),
    st.builds(m.Body, blob),
    compacts(),
    parts.filter(lambda ask: ask.txs or ask.proofs),
    st.builds(m.Parts, ids, many(blob), many(blob)),
    st.builds(m.GetManifest, ids),
    st.builds(m.ManifestIs, ids, st.binary(max_size=99)),
    st.builds(m.GetChunk, ids, st.integers(0, 999_999)),
    st.builds(m.ChunkIs, ids, st.integers(0, 999_999), st.binary(max_size=99)),
)
