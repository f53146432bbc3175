"""Rows ↔ values for the hot path: the only writer of the chain's tables.

sql        set-based statements on both databases
snapshot   many reads, one state of the database
sections   CBOR arrays that can be sliced (pure)
meta       the one row that names the head
blocks     headers, bodies, the tree of blocks
txs        transaction and log rows of the best chain, and their slices
state      current records, tree pages, undo
pages      the cache of the tree's upper pages
audit      every row about a block against the block (audit_rows, audit_undo)
history    how much of it is kept, and the refusal of what is pruned
prune      old sections and undo dropped, a run of heights at a time
rewind     the best chain taken back for good
dump       whole tables out of PostgreSQL and back in
unit       one database transaction that moves the head
"""
