"""The PostgreSQL that comes along: its programs, its cluster, and the child processes of the demo."""
