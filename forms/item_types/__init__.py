"""The types of items: one row each, in the module of its family.

A row says how an answer is written, read, shown and described; ``registry`` tells what each of its members is for. What
needs more than this package may know (a form field, an invented answer) is a ``Facet`` in the module that needs it, and
one test names every type that a facet lacks. Importing this package registers all types.
"""

from forms.item_types import choices, dates, files, numbers, places, texts

__all__ = ["choices", "dates", "files", "numbers", "places", "texts"]
