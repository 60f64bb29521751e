"""Example records, made from definitions and checks: for training, demo, tests and load. Knows no database."""
