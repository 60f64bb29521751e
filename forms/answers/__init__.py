"""Answers on their way: how each type of item is read, digested, and laid out in columns and frames."""
