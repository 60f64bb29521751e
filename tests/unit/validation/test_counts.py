from __future__ import annotations

from forms.catalogue import catalogue
from validation.counts import count_checks
from validation.rulebook import compile_form


def test_the_count_is_what_the_forms_compile_to():
    forms = [catalogue().current(code) for code in sorted({form.code for form in catalogue().forms()})]
    assert {form.code: count_checks(form) for form in forms} == {
        form.code: len(compile_form(form, catalogue()).rules) + len(form.table_checks) for form in forms
    }
