"""What a census form is: frozen values read from one TOML file each.

Items and their types stand in ``forms.item_types``, code lists in ``forms.codelists``, the reading of TOML in
``forms.toml_reader``. Nothing here knows Flask, a database or how checks are evaluated: expressions are kept as text
and compiled by ``validation.rulebook``.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from forms import codelists
from forms.checks import CONFIDENCES, Check, TableCheck, read_check, read_table_check, table_check_faults
from forms.formats import FORMATS
from forms.item_types.registry import TYPES, Item, ItemType
from forms.toml_reader import TomlTable

SOURCE_KINDS = ("listing", "industrial", "agricultural", "domestic", "centralized", "mobile", "scattered")


class DefinitionError(ValueError):
    """One definition file cannot be used; ``problems`` names every fault found in it."""

    def __init__(self, file: str, problems: tuple[str, ...]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))


@dataclass(frozen=True, slots=True)
class Repeat:
    """How a section repeats. Sections with the same key are one group: their items make one row."""

    key: str  # the key of the rows in answers: {"facility": [{…}, …]}
    title: str
    minimum: int = 0
    maximum: int | None = None
    axis: Literal["rows", "columns"] = "rows"  # how the paper form lays them out
    preset: str = ""  # code list whose entries are the ready-made rows


@dataclass(frozen=True, slots=True)
class Section:
    """One section: on the phone one page."""

    key: str
    title: str
    items: tuple[Item, ...]
    repeat: Repeat | None = None
    when: str = ""
    note: str = ""
    common: bool = False  # header or footer shared by all forms of a series


@dataclass(frozen=True, slots=True)
class Group:
    """A repeating group: the sections of one ``Repeat.key``, seen as one row type."""

    key: str
    title: str
    items: tuple[Item, ...]
    minimum: int
    maximum: int | None
    preset: str
    axis: str
    when: str  # of its first section: no rows are owed while it does not hold


@dataclass(frozen=True, slots=True)
class Form:
    """One version of one form 普查表."""

    code: str  # G102
    version: str  # "2017.1"
    title: str
    programme: Literal["census", "scattered"]
    source_kind: str  # listing, industrial, agricultural, domestic, centralized, mobile, scattered
    subject: Literal["object", "area", "computed"]
    sections: tuple[Section, ...]
    checks: tuple[Check, ...]
    table_checks: tuple[TableCheck, ...] = ()
    approval: str = ""
    unit_of_report: str = ""
    applies_when: str = ""  # expression over the unit's other forms; "" or "True": always
    applies_text: str = ""
    note: str = ""
    digest: str = ""  # SHA-256 of the definition file
    baseline: tuple[str, ...] = ()  # item keys that the register may know
    stages: tuple[str, ...] = ()  # 散乱污: case states in order, for ``stage``
    _items: dict[tuple[str, str], Item] = field(default_factory=dict[tuple[str, str], Item], repr=False, compare=False)
    _groups: dict[str, Group] = field(default_factory=dict[str, Group], repr=False, compare=False)

    def __post_init__(self) -> None:
        self._items.update({(item.rows_key, item.key): item for item in self.items()})
        parts: dict[str, list[Section]] = {}
        for section in self.sections:
            if section.repeat:
                parts.setdefault(section.repeat.key, []).append(section)
        self._groups.update({key: _group(sections) for key, sections in parts.items()})

    def __hash__(self) -> int:
        """Of what tells definitions apart: hashing every item would cost a millisecond at each look into a cache."""
        return hash((self.code, self.version, self.digest))

    @property
    def name(self) -> str:
        """The name expressions use for this form: ``G101_1``."""
        return self.code.replace("-", "_")

    def items(self) -> Iterator[Item]:
        """All items in the order of the paper form, those of repeating groups included."""
        for section in self.sections:
            yield from section.items

    def item(self, key: str, group: str = "") -> Item:
        """Return one item; ``group`` is the key of its repeating group. Raises KeyError."""
        return self._items[group, key]

    def has_item(self, key: str, group: str = "") -> bool:
        return (group, key) in self._items

    def groups(self) -> dict[str, Group]:
        """The repeating groups by key, in the order of the form."""
        return self._groups


def _group(sections: list[Section]) -> Group:
    repeat = sections[0].repeat
    if repeat is None:
        raise ValueError(f"section {sections[0].key} does not repeat")
    items = tuple(item for section in sections for item in section.items)
    return Group(
        key=repeat.key,
        title=repeat.title,
        items=items,
        minimum=repeat.minimum,
        maximum=repeat.maximum,
        preset=repeat.preset,
        axis=repeat.axis,
        when=sections[0].when,
    )


# Where a first value comes from. "const:…" is a value written in the definition itself.
PREFILLS = frozenset(
    {
        "unit.name",
        "unit.former_name",
        "unit.credit_code",
        "unit.credit_code_suffix",
        "unit.org_code",
        "unit.object_code",
        "unit.district_code",
        "unit.region_code",
        "unit.town_code",
        "unit.village_code",
        "unit.province_name",
        "unit.city_name",
        "unit.county_name",
        "unit.town_name",
        "unit.address",
        "unit.longitude",
        "unit.latitude",
        "unit.contact_person",
        "unit.contact_phone",
        "unit.industry_code",
        "unit.legal_representative",
        "account.name",
        "account.card",
        "today",
        "review.name",
        "review.card",
        "review.date",
        "case.number",
        "case.state",
        "case.overdue",
        "case.overdue_days",
        "case.colour",
        "case.dossier_complete",
        "case.no_licence_code",
        "photo.position",
        "map.source_zone",
        "map.air_station_zone",
    }
)


def load(path: Path) -> Form:
    """Read one definition file. Raises DefinitionError naming every fault in it."""
    content = path.read_bytes()
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(path.name, (f"not a TOML file in UTF-8: {error}",)) from error
    top = TomlTable(values, "", [])
    form = _form(top, hashlib.sha256(content).hexdigest())
    top.problems.extend(_contradictions(form))
    if top.problems:
        raise DefinitionError(path.name, tuple(top.problems))
    return form


def _form(top: TomlTable, digest: str) -> Form:
    form = Form(
        code=top.text("code", None),
        version=top.text("version", None),
        title=top.text("title", None),
        programme=top.word("programme", ("census", "scattered")),
        source_kind=top.word("source_kind", SOURCE_KINDS),
        subject=top.word("subject", ("object", "area", "computed")),
        sections=tuple(_section(table) for table in top.tables("section")),
        checks=tuple(read_check(table) for table in top.tables("check")),
        table_checks=tuple(read_table_check(table) for table in top.tables("table_check")),
        approval=top.text("approval"),
        unit_of_report=top.text("unit_of_report"),
        applies_when=top.text("applies_when"),
        applies_text=top.text("applies_text"),
        note=top.text("note"),
        digest=digest,
        baseline=top.texts("baseline"),
        stages=top.texts("stages"),
    )
    top.done()
    return form


def _section(table: TomlTable) -> Section:
    repeat, rows_key = None, ""
    if repeat_table := table.table("repeat"):
        repeat = _repeat(repeat_table)
        rows_key = repeat.key
    section = Section(
        key=table.text("key", None),
        title=table.text("title", None),
        items=tuple(_item(row, rows_key) for row in table.tables("items")),
        repeat=repeat,
        when=table.text("when"),
        note=table.text("note"),
        common=table.flag("common"),
    )
    table.done()
    return section


def _repeat(table: TomlTable) -> Repeat:
    repeat = Repeat(
        key=table.text("key", None),
        title=table.text("title", None),
        minimum=table.count("minimum", 0),
        maximum=table.count("maximum"),
        axis=table.word("axis", ("rows", "columns"), "rows"),
        preset=table.text("preset"),
    )
    table.done()
    return repeat


def _item(table: TomlTable, rows_key: str) -> Item:
    item = Item(
        key=table.text("key", None),
        name=table.text("name", None),
        type=table.word("type", tuple(TYPES)),
        no=table.text("no"),
        unit=table.text("unit"),
        precision=table.count("precision"),
        required=table.flag_or_expression("required"),
        when=table.text("when"),
        minimum=table.number("minimum"),
        maximum=table.number("maximum"),
        options=table.pairs("options"),
        codelist=table.text("codelist"),
        offer=table.text("offer"),
        format=table.text("format"),
        help=table.text("help"),
        prefill=table.text("prefill"),
        computed=table.text("computed"),
        stage=table.text("stage"),
        personal=table.flag("personal"),
        alias=table.text("alias"),
        confidence=table.word("confidence", CONFIDENCES, "recalled"),
        rows_key=rows_key,
    )
    table.done()
    return item


def _contradictions(form: Form) -> Iterator[str]:
    """Faults that only show when the parts of a form are seen together."""
    yield from _repeated("section", [section.key for section in form.sections])
    yield from _repeated("check", [check.id for check in (*form.checks, *form.table_checks)])
    yield from _repeated("item", [f"{item.rows_key}.{item.key}".lstrip(".") for item in form.items()])
    # Answers hold items and rows side by side, so their keys share one set of names.
    groups = {section.repeat.key for section in form.sections if section.repeat}
    for key in groups & {item.key for item in form.items() if not item.rows_key}:
        yield f"item {key}: a repeating group has the same key"
    for item in form.items():
        yield from (f"item {item.key}: {text}" for text in _item_faults(form, item))
    for section in form.sections:
        if section.repeat and section.repeat.preset and not codelists.exists(section.repeat.preset):
            yield f"section {section.key} repeat: preset names the unknown code list {section.repeat.preset}"
    for check in form.checks:
        # Without an item the phone would not know where to jump, nor what to ask again when something changes.
        if not check.items:
            yield f"check {check.id}: items is missing: expected the keys of the items it is shown at"
        yield from _references(form, f"check {check.id}", "items", check.items, check.each)
        yield from _unknown_stage(form, f"check {check.id}", check.stage)
    for check in form.table_checks:
        yield from _references(form, f"table check {check.id}", "columns", check.columns, check.each)
        yield from (f"table check {check.id}: {fault}" for fault in table_check_faults(check))
    yield from (f"baseline names the unknown item {key}" for key in form.baseline if not form.has_item(key))


def _item_faults(form: Form, item: Item) -> Iterator[str]:
    if item.codelist and not codelists.exists(item.codelist):
        yield f"unknown code list {item.codelist}: expected one of forms/codelists"
    if item.codelist and item.options:
        yield "options and codelist exclude each other"
    if item.kind.has_options and not (item.codelist or item.options):
        yield f"a {item.type} needs options or a codelist"
    if item.options and not item.kind.has_options:
        yield f"options belong to {_types(lambda kind: kind.has_options)}, not to {item.type}"
    if item.precision is not None and not item.kind.has_precision:
        yield f"precision belongs to {_types(lambda kind: kind.has_precision)}, not to {item.type}"
    if item.minimum is not None and item.maximum is not None and item.minimum > item.maximum:
        yield f"minimum {item.minimum} is above maximum {item.maximum}"
    if item.format and item.format not in FORMATS:
        yield f"unknown format {item.format}: expected one of {', '.join(FORMATS)}"
    if item.prefill and item.prefill not in PREFILLS and not item.prefill.startswith("const:"):
        yield f"unknown prefill {item.prefill}: expected const:… or one of {', '.join(sorted(PREFILLS))}"
    if item.alias and form.has_item(item.alias, item.rows_key):
        yield f"alias {item.alias} is the key of another item"
    yield from _unknown_stage(form, "", item.stage)


def _types(have: Callable[[ItemType], bool]) -> str:
    return " and ".join(name for name, kind in TYPES.items() if have(kind))


def _references(form: Form, where: str, key: str, names: tuple[str, ...], each: str) -> Iterator[str]:
    groups = form.groups()
    if each and each not in groups:
        yield f"{where}: each names the unknown group {each}"
    for name in names:
        if not (form.has_item(name) or name in groups or form.has_item(name, each)):
            yield f"{where}: {key} names the unknown item {name}"


def _unknown_stage(form: Form, where: str, stage: str) -> Iterator[str]:
    if stage and stage not in form.stages:
        yield f"{where}: unknown stage {stage}: expected one of {', '.join(form.stages)}".removeprefix(": ")


def _repeated(kind: str, keys: list[str]) -> Iterator[str]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"{kind} {key} stands {count} times: expected once"
