"""Floor 3, mempool: valid transactions that wait for a block.

rules       queues by sender and nonce, room and eviction, selection   pure
checks      the checks of one submission, in order
service     the pool itself: the only public face, with ``install`` and ``current``
memory      what it remembers of refusals and drops, with bounds
events      TxAdded, TxDropped
errors      every refusal of the pool's own, with its code
store       the copy on disk that outlives a restart
"""
