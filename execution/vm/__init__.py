"""The contract engine: checked trees to metered code, and running it. Pure.

outcome    how a call ends: its result, reverted, out of gas
frame      what a call runs on, and what a transaction's calls share
machine    a call from its first to its last gas           arguments  calldata
stdlib     what contracts may do, by name                  forms      the ABI in the engine's form
slots      stored values                                   outside    calls, payments, events
codes      programs by code hash                           ports      what this asks of others
"""
