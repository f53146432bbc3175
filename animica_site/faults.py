"""What can keep a node from starting or running, with the next step."""

from __future__ import annotations

from core.errors import NodeFault


class DataDirInUse(NodeFault):
    """Another process runs on this data directory."""

    code = "node.data_dir_in_use"
    hint = "Stop the other node, or give this one its own --data-dir."


class DataDirUnusable(NodeFault):
    """The data directory cannot be made or written."""

    code = "node.data_dir"
    hint = "Give --data-dir a directory that this user may write, or one that can be made."


class DataDirEmpty(NodeFault):
    """The data directory holds no chain."""

    code = "node.data_dir_empty"
    hint = "Give --data-dir the directory of a node that has run before."


class JsonOutUnwritable(NodeFault):
    """The file of --json-out cannot be written."""

    code = "node.json_out"
    hint = "Give --json-out a file in an existing directory that this user may write."


class PortTaken(NodeFault):
    """The HTTP port cannot be bound."""

    code = "node.port_taken"
    hint = "Choose another --http-port; 0 picks a free one."


class DatabaseUnreachable(NodeFault):
    """The database does not answer."""

    code = "node.database"
    hint = "Check DATABASE_URL and that the server runs; `make services` starts a local one."


class DatabaseInUse(NodeFault):
    """Another node writes to this database."""

    code = "node.database_in_use"
    hint = "Stop the other node, or give this one its own DATABASE_URL."


class MinerAddressInvalid(NodeFault):
    """Mining was asked for without an address that can be paid."""

    code = "node.miner_address"
    hint = "Give --mine an address of a signature key, for instance one of `animica wallet list`."


class KernelMissing(NodeFault):
    """The native kernel was asked for but never built."""

    code = "node.kernel_missing"
    hint = "Install a C compiler and run `make install`, or unset ANIMICA_KERNEL."


class KernelChoiceUnknown(NodeFault):
    """ANIMICA_KERNEL has a value that means nothing."""

    code = "node.kernel_choice"
    hint = "Set ANIMICA_KERNEL to auto, native or portable, or leave it unset."
