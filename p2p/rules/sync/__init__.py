"""Headers first, then bodies from several peers, in order into the importer."""
