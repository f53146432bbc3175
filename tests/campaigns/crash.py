"""``make campaign-crash``: kill the node at every fail point; every restart must be whole.

A clean twin lives through a story of blocks (children of the head, side branches, overtaking and
invalid ones) and pool traffic, and notes a digest of every ledger row after each step. Then one
child after another starts a node on one database and walks on in the story until it kills itself
with SIGKILL at a fail point (``core.failpoints``), or is killed at a random moment. The next start
must find the ledger exactly as the twin had it: after the step if a commit of the step was reached,
else before it; the pool's copy exactly as last flushed; the kept network file old or new.

Fails when a state is another, when a child ends by itself, or when a fail point never fired.

    python -m tests.campaigns.crash [--each N] [--moments N] [--database-url URL] [--seed N]

crash_story    what happens to the node: the same steps for every life and the twin
crash_life     one life of the node, and the twin's
crash_process  a life in a child process that reports through a pipe
crash_books    what must be on disk, told by what the lives reported
crash_knife    where each life ends, and what was found after it
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

EACH = 20
MOMENTS = 100


def main() -> None:
    """Parse the arguments, set Django up on an empty database, and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=EACH, help="kills at every fail point")
    parser.add_argument("--moments", type=int, default=MOMENTS, help="kills at random moments")
    parser.add_argument("--database-url", default="", help="PostgreSQL; without it SQLite")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="animica-crash-") as folder:
        os.environ["ANIMICA_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "animica_site.settings"
        os.environ.pop("DATABASE_URL", None)
        if chosen.database_url:
            os.environ["DATABASE_URL"] = chosen.database_url
        import django

        django.setup()
        from tests.campaigns import crash_knife

        crash_knife.run(
            data_dir=Path(folder),
            database_url=chosen.database_url,
            seed=chosen.seed,
            each=chosen.each,
            moments=chosen.moments,
        )


if __name__ == "__main__":
    main()
