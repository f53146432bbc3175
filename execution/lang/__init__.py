"""The contract language: source text to a checked tree. Pure. Source: docs/spec/contracts.md.

types     the types, and their text          tree       what the checker hands to the engine
errors    why source is refused, and where
"""
