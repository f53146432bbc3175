"""Messages: as values (``messages``), as bytes (``codec``), blocks in short form (``compact``)."""
