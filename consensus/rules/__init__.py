"""The protocol of agreement, pure: values in, values out; time is an argument.

header      what headers alone must satisfy     seal        the hash draw
retarget    Θ from block to block                fees        base fee from block to block
issuance    subsidy and its split                genesis     block 0
pipeline    a block's checks as a chain of types
transition  the one ordered table of what a block does to the state
fork_choice which of two chains wins
proofs      from a body's proofs to ψ           shares   hash shares: when one counts
waiting_proofs  the bounds on proofs that wait for a block; kept by ``consensus.proof_pool``
"""
