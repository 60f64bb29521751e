"""散乱污 over HTTP: the desk's pages and the API."""
