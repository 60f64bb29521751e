"""Domain verbs. The first argument is a Session; none of them commits."""
