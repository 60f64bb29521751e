"""Handing up over HTTP: the gate's page, packages from below, forms of whole regions."""
