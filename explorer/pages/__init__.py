"""What each page shows, gathered as values for its template; every page reads one commit."""
