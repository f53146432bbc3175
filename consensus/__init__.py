"""Floor 3, agreement: which blocks are valid and which chain is the head.

rules/      the protocol, pure            service     the importer: the only way a block gets in
witnesses   signature results, cached     events      what is announced after commit
calls       contracts run for whoever asks, changing nothing
waiting     blocks that wait for others   proof_pool  proofs that wait for a block
"""
