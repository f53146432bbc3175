"""The shapes of results, as the OpenRPC document describes them.

Amounts are decimal strings of nANM, bytes ``0x`` hex, heights and times (Unix ms) numbers, scores
micro-nats. Source: docs/spec/rpc.md.

forms          hex, amounts and other texts, with their schemas
contracts      code, calls, values read by an interface
tx             transactions, receipts, events, fees
chain          headers, blocks, parameters, how far the node is
scores         draws and useful work, proofs
state          accounts, records, proofs of them
mempool        waiting transactions
net            peers, how far the node is
"""
