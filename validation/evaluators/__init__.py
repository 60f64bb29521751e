"""The evaluators of one tree: a record in Python, a batch in SQL, the phone's JavaScript, other tools' XPath."""
