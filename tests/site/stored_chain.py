"""A stopped node with a chain: ``python -m tests.site.stored_chain FOLDER HEIGHT``.

Blocks of the fast network with a transfer each; three blocks may be taken back.
"""

from __future__ import annotations

import sys
from pathlib import Path

from animica_site import networks
from animica_site.config import export
from pq import addresses

MAX_REORG = 3


def main(folder: Path, height: int) -> None:
    """Make the data directory and the chain in it."""
    from tests.support import BALANCE, ChainBuilder, import_all, key, new_importer, transfer

    table = networks.load_table("fast")
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(key(number).address), "balance": BALANCE}
        for number in range(3)
    ]
    table["local"]["max_reorg_blocks"] = MAX_REORG
    export(table, folder)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    builder = ChainBuilder(networks.parse(table))
    made, line = builder.genesis, []
    for nonce in range(height):
        made = builder.make(made, [transfer(key(1), key(2).address, 5, nonce=nonce)])
        line.append(made)
    import_all(new_importer(builder.network), line)


if __name__ == "__main__":
    import os

    import django

    where = Path(sys.argv[1]).resolve()
    where.mkdir(parents=True, exist_ok=True)
    os.environ["ANIMICA_DATA_DIR"] = str(where)
    os.environ["DJANGO_SETTINGS_MODULE"] = "animica_site.settings"
    django.setup()
    main(where, int(sys.argv[2]))
