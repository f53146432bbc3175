"""The pool's rules, pure: no clock, no database, no threads. Source: docs/spec/mempool.md.

limits       every bound                      room         a count and bytes, taken up or free
entry        one pooled transaction           sender       one sender's queue
queues       all of them: who waits for what  replacement  a second one of the same nonce
eviction     who leaves, cheapest last first  sources      shares, and who leaves for whom
floor        the least tip that gets in       buckets      how fast a source may submit
selection    what goes into the next block    reasons      the sentences of drops
"""
