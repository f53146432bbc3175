"""Who did what to this node by hand, and why: a chain of rows that shows where one was altered.

Every action of an operator writes one row in the very transaction that carries it out.
"""
