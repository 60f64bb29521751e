"""What must hold: the check language, its three evaluators and the Great Expectations run.

Knows forms, never the application or its database. ``suite`` and ``checkpoint`` alone know Great Expectations;
everything up to ``record`` runs on the standard library.
"""
