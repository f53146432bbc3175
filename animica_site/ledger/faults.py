"""What the ledger tools refuse, with the next step. Source: docs/operations/ledger.md."""

from __future__ import annotations

from core.errors import NodeFault, RequestRefused


class FileUnusable(NodeFault):
    """A file or directory of a ledger tool cannot be read or written."""

    code = "ledger.file"
    hint = "Name a place that this user may read or write, on a disk with room."


class FileExists(RequestRefused):
    """What a ledger tool would write is there already."""

    code = "ledger.file_exists"
    hint = "Give another name, or move what is there away."


class Unconfirmed(RequestRefused):
    """A tool that deletes was not told to go on."""

    code = "ledger.unconfirmed"
    hint = "Read what it would do, then pass --yes."


class NothingToExport(RequestRefused):
    """The range of heights holds no block of the chain."""

    code = "ledger.range"
    hint = "Give heights from 1 to the head's, the lower one first."


class BlockFileForm(RequestRefused):
    """Not a file of blocks, or of a version that this node does not read."""

    code = "blockfile.form"
    hint = "Give a file that `animica export` made."


class BlockFileCut(RequestRefused):
    """The file of blocks ends before its end mark."""

    code = "blockfile.cut"
    hint = "Copy the file again; if its export was interrupted, run that again: it goes on."


class BlockFileDamaged(RequestRefused):
    """The file of blocks is not as it was written: a length, the count or the digest is wrong."""

    code = "blockfile.damaged"
    hint = "Copy the file again and compare its checksum with the original's."


class BlockFileOtherChain(RequestRefused):
    """The file's blocks are of another chain."""

    code = "blockfile.other_chain"
    hint = "Give the --network or --data-dir of the chain that the file names."


class BlockFileGap(RequestRefused):
    """The file's blocks do not follow a block that is stored here."""

    code = "blockfile.gap"
    hint = "Import the blocks below first; the file says at which height it starts."


class BlockFileRefused(RequestRefused):
    """A block of the file breaks a rule. ``rule`` is that rule's code."""

    code = "blockfile.refused"
    hint = "The blocks before it are imported; get the file from somebody else."


class BackupForm(RequestRefused):
    """Not a backup, or of a version that this node does not read."""

    code = "backup.form"
    hint = "Give the directory that `animica backup` made."


class BackupDamaged(RequestRefused):
    """A part of the backup is missing or not as it was written."""

    code = "backup.damaged"
    hint = "Copy the backup again, or restore another one."


class BackupOtherDatabase(RequestRefused):
    """The backup is of SQLite and the database is PostgreSQL, or the other way round."""

    code = "backup.other_database"
    hint = "Restore it on its own kind of database; `animica export` moves blocks between kinds."


class BackupOtherTables(RequestRefused):
    """The backup's tables are those of another version of the node."""

    code = "backup.other_tables"
    hint = "Restore with the version of the node that made it, then start the newer one."


class RestoreOccupied(RequestRefused):
    """A chain is stored already where a backup is to be restored."""

    code = "backup.occupied"
    hint = "Restore into an empty data directory or database, or pass --replace."


class SnapshotForm(RequestRefused):
    """Not a snapshot, or of a version that this node does not read."""

    code = "snapshot.form"
    hint = "Give the directory that `animica snapshot create` made."


class SnapshotDamaged(RequestRefused):
    """A part of a snapshot is missing, or not proven by the header that it is of."""

    code = "snapshot.damaged"
    hint = "Copy the snapshot again, or get it from somebody else; nothing of it was taken over."


class SnapshotHeadersMissing(RequestRefused):
    """The snapshot has no headers, so that nothing shows that its block is on a chain."""

    code = "snapshot.headers_missing"
    hint = "Give one that `animica snapshot create` made; those that a node serves have none."


class SnapshotOtherChain(RequestRefused):
    """The snapshot is of another chain."""

    code = "snapshot.other_chain"
    hint = "Give the --network or --data-dir of the chain that the snapshot is of."


class SnapshotEmpty(RequestRefused):
    """The chain has no block above genesis, so there is nothing that a snapshot would save."""

    code = "snapshot.empty"
    hint = "Wait for the first block; genesis is computed from the network file."
