"""What the workbench refuses, each with its code."""

from __future__ import annotations

from core.errors import NodeFault, Refused


class SourceUnreadable(Refused):
    """A source file that cannot be read."""

    code = "workbench.source"
    hint = "Name a file with a contract's source, or give the source as text."


class ContractMissing(Refused):
    """No contract at the address."""

    code = "workbench.no_contract"
    hint = "Deploy it first; after a revert to a snapshot later contracts are gone."


class StoredUnknown(Refused):
    """A stored value or map of another name, or the wrong number of keys."""

    code = "workbench.stored"
    hint = "Name a storage.cell, or a storage.map with its keys."


class FolderTaken(Refused):
    """A place where something is already."""

    code = "workbench.exists"
    hint = "Choose another name, or remove the folder yourself."


class FolderUnwritable(Refused):
    """A folder that cannot be written."""

    code = "workbench.folder"
    hint = "Check the folder's owner, mode and free space."


class NodeNotStarted(NodeFault):
    """The development node of the fixture ``node`` did not come up."""

    code = "workbench.node"
    hint = "Read its last lines above; `animica doctor` checks the installation."
