"""The check language: from a check's text to a typed tree, and its messages.

``expression.parse`` is the door; it reads operators itself, calls by ``calls``, names by ``names``. What a name stands
for is decided in ``scope``, what a tree is made of in ``nodes``, what may be called in ``functions``.
"""
