"""What is asked: forms, their items and code lists, and everything derived from them.

A form is one TOML file in ``definitions/``. This package knows neither Flask nor a database, and nothing here
says how a check is evaluated; that is ``validation``.
"""
