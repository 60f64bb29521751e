"""What leaves: typed tables, summary tables, signed packages, and their way to the next level and in at the other end.

Knows forms, but neither Flask nor the operational database: records come in as ``exports.record.Record`` values. Only
``warehouse``, ``engines`` and ``bundle`` load DuckDB and Arrow: the web process verifies a package without them.
"""
