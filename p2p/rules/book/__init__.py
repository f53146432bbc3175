"""Addresses of nodes: which are known, and whom to dial."""
