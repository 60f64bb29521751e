"""The phone's pages, and what phones send and fetch."""
