"""Floor 0: formats and algorithms every other package stands on.

Pure code: no Django, no clock, no files, no randomness.

    errors      the tree of refusals          hashing, tags   SHA3-256 and its domains
    cbor        the strict codec              fields          typed reading of decoded maps
    tx, receipt, header, block                the objects of the chain, as values
    merkle      RFC 6962 lists                statetree       the sparse Merkle tree of state
    exact       target, ln1p, nlog            network         parameters of one network
    ports       clock, events, state reading: what pure code asks of the world
"""
