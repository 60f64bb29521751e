"""Review: the queue, the record, decisions, merges, verdicts and progress."""
