"""Handing up 上报: the gate, deliveries, packages, keys, and the forms of whole regions."""
