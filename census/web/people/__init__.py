"""People over HTTP: signing in and out, the administrator's pages."""
