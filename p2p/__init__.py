"""Peers: who they are, what they say, and how nodes come to agree on one chain.

rules/      pure: sessions (bytes to messages), wire (messages to values), and the engine, which
            is (state, event, now) → (state, actions)
drivers     sockets, threads and the node's services around the engine
"""
