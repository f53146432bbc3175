"""Floor 5, the JSON-RPC, WebSocket and REST surface: bytes in, services called, bytes out.

    errors, dispatch      what may go wrong; one request body in, one answer out
    params, results       how parameters are read; the shape of results
    registry, schema      the table of methods, and its OpenRPC description
    methods               one module per namespace      views    values to their JSON form
    contract_calls        contracts run for callers    readings  their bytes by interface
    workshop, rehearsed   source checked and tried, and how that is asked for
    at_block, prices      what a block parameter names; what gas costs next
    executor, desk        owned threads; what both doors and the socket share
    router, ninja         the two doors: in front of Django, and inside it
    hub, listeners, consumers      WebSocket subscriptions
    limits, metrics, context       token buckets, counters, what composition installs

It owns no rule of the chain and nothing imports it but composition.
"""
