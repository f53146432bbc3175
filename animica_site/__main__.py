"""``python -m animica_site``: the same as ``animica``."""

from __future__ import annotations

from animica_site.cli import main

if __name__ == "__main__":
    main()
