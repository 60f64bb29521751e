"""Example records, made from definitions and checks: for training, demo, tests and load. Knows no database.

How a record is made: ``units`` invents the unit; ``drafts`` fills every item that is owed, where a form has one by the
form's recipe (``recipes``), whose figures hang together like a real plant's; ``search`` changes answers until no check
fails (mends), and then, where one check is to be broken, until that one fails and no other does. ``steering`` follows
how a check is put together and knows what each part of it must become; ``changes`` draws changes that are worth trying
for a part, ``hints`` the values for them; ``situation`` is a record with all that stands beside it, before and after
a change. ``records`` is the door: ``answers_for``. Nothing is judged here: whether a change helped, the evaluator of
``validation`` says.
"""
