"""The evaluators of one tree: a record in Python, a batch in SQL, the phone's JavaScript, other tools' XPath.

One record: ``record`` is the door; ``answers`` reads, ``screens`` and ``soundness`` spare most questions, ``closures``
makes those left from the tree, with ``comparisons`` and ``aggregates``; ``questions`` says what they are asked of.

A batch: ``engine`` is the door; ``sql`` and ``table_sql`` write what it asks, in the spelling of a ``dialect``, and
``outlines`` answers what databases cannot.

Elsewhere: ``browser`` and ``xpath`` only translate; what they give is asked by others.
"""
