"""Block 0, computed from the network file. Source: docs/spec/networks.md."""

from __future__ import annotations

from consensus.rules import tuning
from consensus.rules.tuning import Tuning
from core import merkle, statetree, tags
from core.block import Block
from core.hashing import ZERO32, sha3, tagged
from core.header import Beacon, Header, Roots
from core.network import Network
from core.ports import RecordKey
from execution import accounts
from execution.accounts import Account


def genesis_records(network: Network) -> dict[RecordKey, bytes]:
    """The first records: one account for each allocation, and where tuning starts."""
    records = {tuning.RECORD: Tuning.start(network.at(0).poies).encode()}
    for address, balance in network.genesis.allocations:
        value = Account(balance=balance).encode()
        assert value is not None, "allocations are positive"
        records[(accounts.MODULE, address)] = value
    return records


def genesis_supply(network: Network) -> int:
    """Money that exists at height 0, nANM."""
    return sum(balance for _, balance in network.genesis.allocations)


def genesis_block(network: Network) -> Block:
    """The block whose hash is the chain's identity; it needs no seal."""
    leaves = [
        (tagged(tags.state(module), id), sha3(value))
        for (module, id), value in genesis_records(network).items()
    ]
    params = network.at(0).params
    empty = merkle.EMPTY_ROOT
    header = Header(
        chain=network.chain,
        height=0,
        parent=ZERO32,
        time=network.genesis.time_ms,
        coinbase=accounts.TREASURY,
        gas_limit=params.gas_limit,
        gas_used=0,
        base_fee=params.base_fee_floor,
        blob_bytes=0,
        blob_fee=params.blob_fee_floor,
        theta=params.theta_start_unat,
        psi=0,
        roots=Roots(statetree.build(leaves).root, empty, empty, empty, empty, empty),
        beacon=Beacon(),
        mix=ZERO32,
        policy=network.pins_at(0),
    )
    return Block(header)
