"""The consensus laboratory: what the rules do to honest miners and to clever ones.

    light       blocks and shares as light values, and the node's rules on them
    world       events: who finds what when, who hears of it when
    links, pool hash that comes and goes, cuts of the network; the shares that are found
    strategies  what a miner may do with a block, a time stamp, a share, a proof
    outcome     what a run gave: intervals, Θ, stale blocks, reward by hash
    economy     what score costs a miner who pays himself
    forge       branches of cheap blocks, weighed by nats and by work
    studies     the questions, each a set of runs that ends in tables and plots
    tables      text, Markdown and JSON of them; plots draws them with matplotlib

Every rule here is the node's own function; only waiting times are drawn instead of hashed. Floats
are for those and for reporting. Nothing of the node imports this. Source: docs/consensus-lab.md.
"""
