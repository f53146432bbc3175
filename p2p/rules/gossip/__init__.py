"""The mesh, inventory, and relay of what this node has validated.

part        Gossip: wires the others to messages, events and time
mesh        the few peers that are told everything at once
inventory   transactions and proofs: asked for, judged, given out
  wanted    announced ids, and whom to ask for each
  news      what this node tells others to have
blocks      blocks in short form: checked, put together, handed to the importer
serving     new heads told on, parts of blocks given out
  shown     who has which of the latest blocks
recent      what happened lately, bounded by number and time

Source: docs/spec/p2p.md, "Gossip".
"""

from p2p.rules.gossip.part import Gossip

__all__ = ["Gossip"]
