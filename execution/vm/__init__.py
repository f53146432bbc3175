"""The contract engine: checked trees to metered code, and running it. Pure.

outcome    how a call ends: its result, reverted, out of gas
frame      what a call runs on, and what a transaction's calls share
machine    a call from its first to its last gas           arguments  calldata
stdlib     what contracts may do, by name                  forms      the ABI in the engine's form
slots      stored values                                   outside    calls, payments, events
codes      programs by code hash                           ports      what this asks of others

program    a compiled module, its bytes, its traces    constants  computed when source is checked
emit       modules to Python text: emit_stmt, emit_expr, emit_calls; names, lines, reach help
costs      static gas                                  meter      charging, and the ways to fail
space      what generated code sees: the helpers of ops_int, ops_text, ops_list, ops_dict,
           ops_order and ops_abi, each with its dynamic gas
packing    a program's data as plain tuples
"""
