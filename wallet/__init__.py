"""The wallet: a client of the node, which never sees a key. It could be installed without a node.

keyfile        one encrypted key as JSON       recovery   the same secret as words to write down
store          key files by name               amounts    ANM text and nANM integers, exactly
transactions   draft, price and sign           proofs     state proofs checked against a header
ranges         runs of the state, checked      client     JSON-RPC over HTTP
answers        typed reading of RPC answers    errors     every refusal with its code
cli            the command ``wallet``
"""
