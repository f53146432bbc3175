"""``make campaign-partition``: six real nodes, late and lost packets, split in halves, then healed.

python -m tests.campaigns.partition [--kills [SECONDS]] [--nodes N] [--seed N] …

The options are those of ``tests.p2p.many``. With ``--kills`` nodes are killed and started again at
random instead, for ten minutes.
"""

from __future__ import annotations

import sys

from tests.p2p.many import __main__ as many

if __name__ == "__main__":
    sys.exit(many.main(sys.argv[1:]))
