"""Floor 0, optional: the node's inner loops in C, where a compiler was there at install.

kernel.c    the loops     build.sh   builds them     library   loads them, checked against hashlib

Without it the portable code of ``core`` runs and gives the same bytes, more slowly.
"""
