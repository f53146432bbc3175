"""What peers may do: budgets, scores, bans, seats, greeting and farewell.

prices       what a message of each kind costs to handle
budgets      messages, bytes and work, for each peer and for all
scores       points for offences, halving with time
bans         who is kept out, and until when
seats        which inbound peer makes room
part         the part of the engine
"""

from p2p.rules.conduct.part import Conduct

__all__ = ["Conduct"]
