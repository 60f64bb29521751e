"""The check language: from a check's text to a typed tree, and its messages."""
