"""Blocks for the benchmarks, executed on the stored head and truly sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha3_256
from itertools import count

from chain import service as chain
from consensus.rules import fees, pipeline, seal
from consensus.rules import header as header_rules
from consensus.rules.transition import KINDS, BlockEnv, BlockExecution, touched_records
from core import merkle
from core.block import Block, txs_root, witnesses_root
from core.header import NONCE_BYTES, Beacon, Header, Roots
from core.network import Network
from core.tx import SignedTx
from execution.view import View

_INTERVAL_MS = 2_000


def seal_block(network: Network, coinbase: bytes, txs: Sequence[SignedTx]) -> Block:
    """The next block on the stored head, executed and sealed in this process."""
    parent = chain.head()
    grandparent = chain.stored(parent.header.parent)
    ancestry = header_rules.Ancestry(parent.header, grandparent.header if grandparent else None)
    height = parent.height + 1
    params = network.at(height).params
    empty = merkle.EMPTY_ROOT
    draft = Header(
        chain=network.chain,
        height=height,
        parent=parent.hash,
        time=parent.header.time + _INTERVAL_MS,
        coinbase=coinbase,
        gas_limit=params.gas_limit,
        gas_used=0,
        base_fee=fees.next_base_fee(parent.header, params),
        blob_bytes=0,
        blob_fee=fees.next_blob_fee(parent.header, params),
        theta=header_rules.expected_theta(ancestry, network),
        psi=0,
        roots=Roots(empty, empty, empty, empty, empty, empty),
        beacon=Beacon(),
        mix=header_rules.expected_mix(parent.header, Beacon().out),
        policy=network.pins_at(height),
    )
    return Block(_sealed(_executed(draft, network, txs)), tuple(txs))


def _executed(draft: Header, network: Network, txs: Sequence[SignedTx]) -> Header:
    env = BlockEnv.of(draft)
    bodies = [KINDS[tx.unsigned.kind](tx.unsigned.body) for tx in txs]
    view = View(chain.reader())
    view.prefetch(touched_records(env, txs, bodies))
    execution = BlockExecution(view, env, network)
    for tx, body in zip(txs, bodies, strict=True):
        execution.run(tx, body)
    effects = execution.finish()
    roots = replace(
        draft.roots,
        state=chain.stage_state(effects.changes).root,
        txs=txs_root(tuple(txs)),
        witnesses=witnesses_root(tuple(txs)),
        receipts=pipeline.receipts_root(effects),
    )
    return replace(draft, gas_used=execution.gas_used, roots=roots)


def _sealed(header: Header) -> Header:
    below = seal.threshold(header.theta, header.psi)
    for number in count():
        nonce = number.to_bytes(NONCE_BYTES, "little")
        if int.from_bytes(sha3_256(header.seal_prefix + nonce).digest()) < below:
            return header.sealed(nonce)
    raise AssertionError("count never ends")
