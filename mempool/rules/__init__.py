"""The pool's rules, pure: no clock, no database, no threads. Source: docs/spec/mempool.md.

limits      every bound                      entry        one pooled transaction
queues      who waits for what, by sender    eviction     who leaves when there is no room
selection   what goes into the next block
"""
