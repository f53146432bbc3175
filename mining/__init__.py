"""Floor 4: the producer of blocks. It takes part in consensus like anyone: by importing.

template          a block on the head, all but its nonce
assembly          what goes into it: pools and head
nonces            the search itself, pure
search            worker processes that share a search
worker            what such a process runs
share_collector   hash shares that the search comes across
service           when to build, how long to search, what to do with the result
ports, values     what it asks of other slices, what it tells about itself
"""
