"""The worker's room: judging records with Great Expectations, building what leaves, sending it, taking in what comes.

The only room where database, frames, Great Expectations and DuckDB meet. The web process never enters it: it leaves a
mark in the data or a job in the queue. Importing it loads none of them, so that an export does not pay for a judge.
"""
