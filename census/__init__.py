"""The application: a pollution source census, from the enumerator's phone to the province's receipt.

``app`` wires the parts together; ``web`` speaks HTTP; ``services`` hold the verbs of the domain; ``models`` the
tables; ``jobs`` what the worker does; ``commands`` the command line. What a form asks and what must hold stand
outside, in ``forms`` and ``validation``.
"""
