"""Floor 0: post-quantum keys, addresses and signatures. Every primitive is a library's.

    algorithms   the table of algorithm ids        addresses   34 bytes and their bech32m text
    signing      verify, and keys that sign        policy      which id may sign at which height
    ml_dsa, slh_dsa   one library each             backends    the self-test at node start
    devnet_keys  keys of test accounts that everybody knows

Pure code: no Django, no clock, no files. Randomness is only what a library draws itself.
"""
