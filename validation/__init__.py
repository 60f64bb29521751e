"""What must hold: the check language, its three evaluators and the Great Expectations run.

Knows forms, never the application or its database. ``suite`` and ``checkpoint`` alone know Great Expectations;
everything up to ``record`` runs on the standard library.

To find one's way: ``language`` turns a check's text into a tree (``expression.parse``); ``rulebook.compile_form`` gives
all checks of a form, those that its items imply included; ``evaluators`` ask them, of one record in Python
(``record``), of a batch in SQL (``engine``), on the phone (``browser`` writes the trees that ``rules.js`` reads).

Eight ordinary words have one meaning here:

    question  a compiled expression: a function of a record that gives its value, None where that is unknown
    asked     of a check: its question is put to a record, or to each row of a group; of an item: it is not hidden, so
              an answer is expected
    holds     true or unknown; a check fails only where it is certainly false
    shown     of an item: its own condition and its section's are met; hidden items are blank everywhere. A finding is
              shown at the items that its check names
    sound     of an answer: it can be read (right type, not too many decimals); of a record: all of its answers can
    screen    what a single value must be like for a check of that one item to hold; tried while answers are read
    passes    of a record: no screen has stopped it, so checks of single items hold and need not be asked
    place     where an item stands: its group ("" for the record itself) and its key. A ``Value``'s place is whose
              answer it is: this form's, the row's, another form's, the register's
"""
