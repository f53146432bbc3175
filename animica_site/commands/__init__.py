"""The node's own commands, one module each."""
