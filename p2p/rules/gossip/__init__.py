"""The mesh, inventory, and the relay of blocks, transactions and proofs."""
