"""Floor 3, mempool: valid transactions that wait for a block.

rules       queues by sender and nonce, room and eviction, selection   pure
checks      the checks of one submission, in order
service     the pool itself: the only public face, with ``install`` and ``current``
readers     its other half: what it answers to those who ask
returning   who comes back after a restart or a reorganisation
disk        loading and flushing; below it ``store``, the copy that outlives a restart
sources     whom a transaction counts as coming from
memory      what it remembers of refusals and drops, with bounds
events      TxAdded, TxDropped
errors      every refusal of the pool's own, with its code

A *leaver* is an entry that the queues let go, and why. One that is not in a block is a *drop*:
announced as ``TxDropped``, and remembered as such.
"""
