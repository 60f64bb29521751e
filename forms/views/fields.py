"""The WTForms class of a form: one field for each item, one list of sub-forms for each repeating group.

Field names follow the answers: ``water_intake_total``, ``facility-0-run_hours``, ``longitude-d``. The class only
carries answers between HTML and JSON; whether they are right is for the checks, so it has no validators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, cast

from wtforms import Field, FieldList, FormField, StringField
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from forms.definition import Form, Group, Item
from forms.item_types.choices import options
from forms.item_types.places import POSITION_PARTS
from forms.item_types.registry import Facet
from forms.views.widgets import BoxWidget, ChoiceWidget, DegreesWidget, FileWidget, PositionWidget

SHORT_LIST = 15  # a code list of up to so many answers is shown whole
ROW_INDEX = "__row__"  # stands for the row's number in a template of rows
Answers = dict[str, Any]


class AnswersForm(BaseForm):
    """A form whose fields are named after items.

    Made from ``BaseForm``: ``wtforms.Form`` puts fields beside its own methods, and an item may be called ``process``.
    """

    unbound: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        formdata: Any = None,
        obj: object = None,
        prefix: str = "",
        data: Mapping[str, Any] | None = None,
        meta: dict[str, Any] | None = None,
        **values: object,
    ) -> None:
        ours = DefaultMeta()
        ours.update_values(meta or {})
        super().__init__(self.unbound, prefix=prefix, meta=ours)
        self.process(formdata, obj, data={**(data or {}), **values})


class AnswerField(Field):
    """A text as it stands in the answers; "" is blank."""

    widget = BoxWidget()
    data: Any

    def __init__(self, item: Item, **kwargs: Any) -> None:
        super().__init__(label=item.name, description=item.help, **kwargs)
        self.item = item

    def process_data(self, value: object) -> None:
        self.data = None if value is None else str(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = valuelist[0].strip() or None

    def answer(self) -> object:
        return self.data


class PhotoField(AnswerField):
    widget = FileWidget("拍照")


class SignatureField(AnswerField):
    widget = FileWidget("签名")


class ChoiceField(AnswerField):
    """One of a few options, shown whole."""

    widget = ChoiceWidget("radio")

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        return options(self.item)

    def chosen(self) -> tuple[str, ...]:
        if not self.data:
            return ()
        return (self.data,)


class YesNoField(ChoiceField):
    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        return (("true", "是"), ("false", "否"))

    def process_data(self, value: object) -> None:
        self.data = None
        if isinstance(value, bool):  # 1 and "true" are no answers: their check says so, and nothing is picked here
            self.data = str(value).lower()

    def answer(self) -> object:
        return {"true": True, "false": False}.get(self.data or "")


class MultiChoiceField(ChoiceField):
    widget = ChoiceWidget("checkbox")

    def process_data(self, value: object) -> None:
        self.data = []
        if isinstance(value, list):
            self.data = [str(code) for code in cast("list[object]", value)]

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = list(dict.fromkeys(code for code in valuelist if code.strip()))

    def chosen(self) -> tuple[str, ...]:
        return tuple(self.data)

    def answer(self) -> object:
        return self.data or None


class DegreesForm(AnswersForm):
    unbound: ClassVar[dict[str, Any]] = {part: StringField() for part in "dms"}


class PositionForm(AnswersForm):
    unbound: ClassVar[dict[str, Any]] = {part.name: StringField() for part in POSITION_PARTS}


class PartsField(FormField):  # pyright: ignore[reportMissingTypeArgument] - it takes none at run time
    """An answer of several parts."""

    parts: ClassVar[type[AnswersForm]]

    def __init__(self, item: Item, **kwargs: Any) -> None:
        super().__init__(self.parts, label=item.name, description=item.help, **kwargs)
        self.item = item

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        known: dict[str, object] = {}
        if isinstance(data, dict):  # an answer that is no object stays with its check, its boxes empty
            known = cast("dict[str, object]", data)
        parts = {key: str(part) for key, part in known.items() if part is not None}
        super().process(formdata, parts, extra_filters)

    def answer(self) -> object:
        typed = cast("dict[str, str | None]", self.form.data)
        parts = {key: self.part(key, part.strip()) for key, part in typed.items() if part and part.strip()}
        return parts or None

    def part(self, _key: str, text: str) -> object:
        """Give one part as it stands in the answer."""
        return text


class DegreesField(PartsField):
    parts = DegreesForm
    widget = DegreesWidget()

    def part(self, key: str, text: str) -> object:
        """Degrees and minutes are whole numbers in the answer; what is none stays text, for its check to refuse."""
        if key != "s" and text.isascii() and text.isdigit():
            return int(text)
        return text


class PositionField(PartsField):
    parts = PositionForm
    widget = PositionWidget()


def code_field(item: Item) -> Any:
    """A short list is shown whole, a long one is searched from a box."""
    if is_short(item):
        return ChoiceField(item)
    return AnswerField(item)


FIELDS: Facet[Callable[[Item], Any]] = Facet(
    "form field",
    "forms/views/fields.py",
    {
        "text": AnswerField,
        "integer": AnswerField,
        "decimal": AnswerField,
        "date": AnswerField,
        "year": AnswerField,
        "choice": ChoiceField,
        "code": code_field,
        "multichoice": MultiChoiceField,
        "yesno": YesNoField,
        "dms": DegreesField,
        "gps": PositionField,
        "photo": PhotoField,
        "signature": SignatureField,
    },
)


@cache
def form_class(form: Form) -> type[AnswersForm]:
    """Return the form's WTForms class; built once for each definition."""
    fields = {item.key: field_of(item) for item in form.items() if not item.rows_key}
    fields |= {key: FieldList(FormField(row_class(group)), label=group.title) for key, group in form.groups().items()}
    return cast("type[AnswersForm]", type(f"{form.name}Form", (AnswersForm,), {"unbound": fields}))


@cache
def row_class(group: Group) -> type[AnswersForm]:
    """Return the class of one row of a repeating group."""
    fields = {item.key: field_of(item) for item in group.items}
    return cast("type[AnswersForm]", type(f"{group.key}Row", (AnswersForm,), {"unbound": fields}))


def empty_row(group: Group) -> AnswersForm:
    """Return an empty row for the page's template, with ``__row__`` in place of the row's number."""
    return row_class(group)(prefix=f"{group.key}-{ROW_INDEX}-")


def field_of(item: Item) -> Any:
    """Return the item's field, unbound, as WTForms makes them outside a form."""
    return FIELDS[item.type](item)


def is_short(item: Item) -> bool:
    """Tell whether a code list is short enough to be shown whole."""
    return not item.computed and len(options(item)) <= SHORT_LIST


def coded_item(group: Group) -> Item | None:
    """Return the item that holds the code of a ready-made row; None where rows are added by hand."""
    coded = [item for item in group.items if group.preset and item.codelist == group.preset]
    if len(coded) != 1:
        return None
    return coded[0]


def with_ready_made_rows(form: Form, answers: Answers) -> Answers:
    """Add to answers a row for each code of a group's list that has none yet; rows come in the order of the list."""
    found = dict(answers)
    for key, group in form.groups().items():
        if (coded := coded_item(group)) is None:
            continue
        rows = cast("list[Answers]", found.get(key, []))
        known = {row.get(coded.key): row for row in rows}
        codes = [code for code, _ in options(coded)]
        strangers = [row for row in rows if row.get(coded.key) not in codes]  # kept, whatever a new version lists
        found[key] = [known.get(code, {coded.key: code}) for code in codes] + strangers
    return found


def fill(form: Form, wtform: AnswersForm, answers: Mapping[str, Any]) -> None:
    """Put answers into a form. Rows that are no objects are left out; texts stand as they came."""
    values = dict(answers)
    for key in form.groups():
        rows = values.get(key)
        values[key] = []
        if isinstance(rows, list):
            values[key] = [row for row in cast("list[object]", rows) if isinstance(row, dict)]
    wtform.process(None, None, data=values)


def answers_from(form: Form, wtform: AnswersForm) -> Answers:
    """Read the answers back from a form. Blank items are absent; rows without any answer are left out."""
    answers = _read(wtform, (item for item in form.items() if not item.rows_key))
    for key, group in form.groups().items():
        rows = [_read(entry.form, group.items) for entry in cast("Any", wtform[key])]
        if filled := [row for row in rows if row]:
            answers[key] = filled
    return answers


def _read(wtform: BaseForm, items: Iterable[Item]) -> Answers:
    pairs = ((item.key, cast("Any", wtform[item.key]).answer()) for item in items)
    return {key: answer for key, answer in pairs if answer is not None}
