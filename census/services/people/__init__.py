"""People: accounts and signing in, devices, teams, and what the administrator looks after."""
