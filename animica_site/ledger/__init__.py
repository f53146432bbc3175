"""What the ledger tools work on: files of blocks, backups, compaction. Docs: operations/ledger.md.

blockfile   blocks in a file, for export and import
backups     a directory that holds a whole ledger    manifest      what is in it
sqlite_copy a database copied while it is written    compaction    space given back after pruning
faults      what can be wrong with all of these
"""
