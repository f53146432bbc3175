"""The wallet: a client of the node, which never sees a key. It could be installed without a node.

keyfile        one encrypted key as JSON       recovery   the same secret as words to write down
store          key files by name               amounts    ANM text and nANM integers, exactly
transactions   draft, price and sign           proofs     state proofs checked against a header
answers        typed reading of RPC answers    client     JSON-RPC over HTTP
cli            the command ``wallet``          errors     every refusal with its code
"""
