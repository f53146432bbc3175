"""The pool's rules, pure: no clock, no database, no threads. Source: docs/spec/mempool.md.

limits      every bound                      entry        one pooled transaction
sender      one sender's queue               queues       all of them: who waits for what
eviction    who leaves when there is no room
selection   what goes into the next block
"""
