"""Floor 0, execution: what a transaction does to the state. Pure.

view          journalled records over a reader     accounts     the account record
gas           the gas table                        validity     may this transaction run?
transaction   charge, run the kind's handler       transfer     the handler of ``transfer``
deploy, call  the handlers of contracts            lang, vm     their language, their engine
estimate      the least gas of a run               rehearsal    contracts on an empty state
reasons       why a call failed, in sentences
errors        every refusal of a transaction, with its code
"""
