"""Everything that peers do, without sockets, threads or clocks. Source: docs/spec/p2p.md.

session/     handshake and frames: bytes of one connection ↔ messages as bytes
wire/        messages as bytes ↔ messages as values
engine       what happens with them: Engine.handle(event, moment) → actions
    conduct/     budgets, scores, bans
    gossip/      the mesh, inventory, relay of transactions, proofs and blocks
    sync/        headers first, then bodies from several peers
    snapshots/   states of others, chunk by proven chunk
    book/        addresses, whom to dial, peer exchange
events, actions, ports    what goes in, what comes out, what may be read meanwhile
"""
