"""The benchmarks behind every claim of speed: ``animica bench [NAME…]``.

Each prints its figure beside a limit measured in the same run, so that the ratio means the same on
any machine. ``docs/performance.md`` says what bounds each.

    cli       the command              rows      what a benchmark reports
    fixtures  large data, built once   machine   the limits: verifies, hashes, raw ASGI
    ledgers   a copy of such a ledger   embedded   importer and pool without a node
    node      a real node in a process of its own
    blocks, transfers   what blocks are made of
    admission, imports, state_root, memory, rpc_head     the benchmarks
    sandbox   contracts on a state in memory
    vm, calls, vm_gas (with gas_cases)     the benchmarks of the contract engine
"""
