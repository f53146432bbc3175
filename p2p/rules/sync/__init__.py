"""Headers first, then bodies from several peers, in order into the importer.

part        Sync: wires the others to messages, events and time
state       what they share: contacts, the tree of headers, the course
  tree      headers that are known and not yet stored, each once
  checks    a header against its ancestors
  locator   hashes by which two nodes find where their chains part
headers     asking for headers, answers, news of heads
survey      a branch that is only measured: work, without keeping its headers
course      the run of blocks to be imported next
bodies      who is asked for which block, and what has come
importing   blocks in order to the importer, and its word on them
serving     headers and blocks for others
progress    rate and time left, for people
"""

from p2p.rules.sync.part import Sync

__all__ = ["Sync"]
