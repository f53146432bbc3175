"""The benchmarks behind every claim of speed: ``animica bench [NAME…]``.

Each prints its figure beside a limit measured in the same run, so that the ratio means the same on
any machine. ``docs/performance.md`` says what bounds each.

    cli       the command              rows      what a benchmark reports
    fixtures  large data, built once   machine   the limits: verifies, hashes, raw ASGI
    node      a real node in a process of its own
    admission, imports, state_root, rpc_head     one module a benchmark
"""
