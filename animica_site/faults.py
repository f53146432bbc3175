"""What can keep a node from starting or running, with the next step."""

from __future__ import annotations

from core.errors import NodeFault


class DataDirInUse(NodeFault):
    """Another process runs on this data directory."""

    code = "node.data_dir_in_use"
    hint = "Stop the other node, or give this one its own --data-dir."


class PortTaken(NodeFault):
    """The HTTP port cannot be bound."""

    code = "node.port_taken"
    hint = "Choose another --http-port; 0 picks a free one."


class DatabaseUnreachable(NodeFault):
    """The database does not answer."""

    code = "node.database"
    hint = "Check DATABASE_URL and that the server runs; `make services` starts a local one."


class MinerAddressInvalid(NodeFault):
    """Mining was asked for without an address that can be paid."""

    code = "node.miner_address"
    hint = "Give --mine an address of a signature key, for instance one of `animica wallet list`."
