"""The state of others, chunk by proven chunk."""
