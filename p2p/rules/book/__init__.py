"""Addresses: what is known of them, whom to dial, what peers tell each other.

values       what is kept over a restart
buckets      addresses in buckets drawn by a secret, so that nobody displaces others' at will
shelves      the three places of an address: heard of, answered, given by an operator
dialling     dials under way, and how long a failed address rests
part         the part of the engine
"""

from p2p.rules.book.part import Book

__all__ = ["Book"]
