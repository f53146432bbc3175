"""Floor 4: the producer of blocks. It takes part in consensus like anyone: by importing.

template   a block on the head, all but its nonce     nonces    the search itself, pure
assembly   what goes into it: pools and head          search    worker processes that share a search
shares     hash shares that the search comes across   worker    what such a process runs
service    when to build, how long to search, what to do with the result
ports      what it asks of other slices               values    what it tells about itself
"""
