"""The protocol of agreement, pure: values in, values out; time is an argument.

header      what headers alone must satisfy     seal        the hash draw
retarget    Θ from block to block                fees        base fee from block to block
issuance    subsidy and its split                genesis     block 0
pipeline    a block's checks as a chain of types
transition  the one ordered table of what a block does to the state
fork_choice which of two chains wins
"""
