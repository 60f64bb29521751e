"""Which forms a unit must, may or must not fill: every definition's ``applies_when``, asked of what the unit has told.

Nothing is listed by hand. What forms units of a kind may owe follows from the definitions' own source kinds and from
which forms their conditions lean on; a listing form belongs to those whose conditions ask for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Literal

from forms.catalogue import Catalogue
from forms.definition import Form
from validation.evaluators.answers import Answers, Reader
from validation.evaluators.closures import question
from validation.evaluators.questions import Question, Record
from validation.language.expression import scope_of
from validation.rulebook import Needs, needs_of
from validation.rules import RuleError, parse_for

Applies = Literal["must", "may", "must_not"]
Verdicts = Mapping[str, Applies]

SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "industrial": ("industrial",),
    "livestock": ("agricultural",),
    "domestic": ("domestic",),
    "centralized": ("centralized",),
    "mobile": ("mobile",),
    "scattered": ("scattered",),
}
"""Kinds of units in the register, and the source kinds of forms that are about them."""
REGIONAL: Final = ("county", "city")
"""Kinds of units that are a region themselves: departments fill one form for the whole of it, at a desk."""

IN_SCOPE: Final = "in_scope"  # the item of every listing form that says whether the unit belongs to the census
LISTING: Final = "listing"  # what the register may know: the one listing form that found the unit
YES: Final = "yes"  # a source of values beside those that definitions may name
ROUNDS: Final = 8  # conditions lean on each other in chains of three or four
REMEMBERED: Final = 20_000
_NOTHING: Final[Answers] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """When one form applies: a function of the unit's forms and of what the register knows."""

    form: Form
    ask: Question
    needs: Needs
    baseline: Reader
    is_open: bool  # told only in words: nobody but a person can say

    @property
    def leans_on(self) -> frozenset[str]:
        """Codes of the forms that the condition looks at."""
        return frozenset(self.needs.forms) | self.needs.present

    def applies(self, unit: Record, known: Answers) -> bool | None:
        """Whether the form applies to a unit (the records of its forms); None while that is not known."""
        if self.is_open:
            return None
        if self.needs.baseline:
            unit = replace(unit, baseline=self.baseline.read(known).main)
        return self.ask(unit)


class Applicability:
    """The forms that units of one kind may owe, and which of them one unit must fill."""

    def __init__(self, kind: str, catalogue: Catalogue) -> None:
        current = [catalogue.current(code) for code in dict.fromkeys(form.code for form in catalogue.forms())]
        self.conditions = {form.code: condition_of(form, catalogue) for form in current if _may_be_about(form, kind)}
        if kind not in REGIONAL:
            self.conditions = _of_kind(SOURCES.get(kind, (kind,)), self.conditions)
        # What conditions look at, in which form: all else in the answers cannot change a verdict.
        self._places = sorted(
            (code, group, key)
            for code, places in _merged(self.conditions).items()
            for group, key in places
            if code in self.conditions
        )
        self._known = sorted(
            set[str]().union(*(condition.needs.baseline for condition in self.conditions.values()), self._prefilled())
        )
        self._readers = {
            code: Reader(catalogue.current(code), [(group, key) for place, group, key in self._places if place == code])
            for code in dict.fromkeys(code for code, _, _ in self._places)
        }
        self._sources = {(code, key): self._source(code, key) for code, group, key in self._places if not group}
        self._remembered: dict[object, Verdicts] = {}

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms that units of this kind may owe, listing forms first."""
        ordered = sorted(
            self.conditions.values(),
            key=lambda condition: (condition.form.source_kind != "listing", condition.form.code),
        )
        return tuple(condition.form for condition in ordered)

    def judge(self, answers: Mapping[str, Answers], known: Answers) -> Verdicts:
        """Give the verdict on every form of this kind by what the unit has answered and the register knows of it.

        A unit stands in the register because somebody found it in scope: until its listing form says otherwise, it is.
        A form counts as filled when it must be filled, or was filled and need not be left out.
        """
        mine = {code: answers[code] for code in answers if code in self.conditions}
        told = tuple(repr(mine.get(code, _NOTHING).get(group or key)) for code, group, key in self._places)
        key = (frozenset(mine), told, tuple(repr(known.get(item)) for item in (LISTING, *self._known)))
        found = self._remembered.get(key)
        if found is None:
            # Thousands of units have told the same; beyond that many the memory is worth more than the time.
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self._settle(mine, known)
        return found

    def _settle(self, mine: Mapping[str, Answers], known: Answers) -> Verdicts:
        foreign = self._other_listings(mine, known)
        verdicts: dict[str, Applies] = dict.fromkeys(self.conditions, "may")
        read = {code: self._read(code, given) for code, given in mine.items() if code in self._readers}
        alone = {code: self._read(code, given) for code, given in self._presumed(known).items() if code not in foreign}
        complete = {code for code, given in mine.items() if self._is_complete(code, given)}
        # Whether a form is owed may hang on another being owed: asked again until no verdict changes.
        for _ in range(ROUNDS):
            out = {code for code, verdict in verdicts.items() if verdict == "must_not"}
            usable = mine.keys() - out
            filled = frozenset(usable) | {code for code, verdict in verdicts.items() if verdict == "must"}
            perhaps = frozenset(self.conditions) - out
            records = alone | {code: record for code, record in read.items() if code in usable}
            settled = complete & usable
            units = Record({}, {}, records, present=filled), Record({}, {}, records, present=perhaps)
            renewed: dict[str, Applies] = {}
            for code, condition in self.conditions.items():
                renewed[code] = "must_not"
                if code in foreign:
                    continue
                verdict = _verdict(condition, units, known)
                waits_for = (condition.leans_on & perhaps) - settled
                # All that it looks at has been answered, or will never be: what is unknown now stays unknown, and that
                # is no reason to fill a form.
                if verdict == "may" and condition.leans_on and not waits_for:
                    continue
                renewed[code] = verdict
            if renewed == verdicts:
                break
            verdicts = renewed
        return verdicts

    def _other_listings(self, mine: Mapping[str, Answers], known: Answers) -> frozenset[str]:
        """The listing forms of other objects of this kind: if the register calls it a boiler, it is no outfall."""
        listed = known.get(LISTING)
        if listed not in self.conditions:
            return frozenset()
        return frozenset(
            code
            for code, condition in self.conditions.items()
            if condition.form.source_kind == "listing" and code != listed and code not in mine
        )

    def _read(self, code: str, given: Answers) -> Record:
        """What conditions look at in one form."""
        wanted = {group or key: given.get(group or key) for place, group, key in self._places if place == code}
        return Record(*self._readers[code].read(wanted)[:2])

    def _presumed(self, known: Answers) -> dict[str, dict[str, Any]]:
        """What the forms not filled yet would say by themselves: in scope, and what the register fills in."""
        found: dict[str, dict[str, Any]] = {}
        for (code, key), source in self._sources.items():
            value = _by_itself(source, known)
            if value is not None and value != "":
                found.setdefault(code, {})[key] = value
        return found

    def _source(self, code: str, key: str) -> str:
        """Where an item's value comes from while nobody has filled the form: "" when from nowhere."""
        form = self.conditions[code].form
        if key == IN_SCOPE and form.source_kind == "listing":
            return YES
        source = next((item.prefill for item in form.items() if item.key == key and not item.rows_key), "")
        if source.startswith(("unit.", "const:")):
            return source
        return ""

    def _prefilled(self) -> set[str]:
        items = ((code, item) for code, condition in self.conditions.items() for item in condition.form.items())
        asked = {(code, key) for code, _, key in self._places}
        return {
            item.prefill.removeprefix("unit.")
            for code, item in items
            if (code, item.key) in asked and item.prefill.startswith("unit.")
        }

    def _is_complete(self, code: str, given: Answers) -> bool:
        """Whether all is answered that other forms' conditions ask of this one."""
        return all(given.get(group or key) is not None for asked, group, key in self._places if asked == code)


def _by_itself(source: str, known: Answers) -> object:
    if source == YES:
        return True
    if source.startswith("unit."):
        return known.get(source.removeprefix("unit."))
    return source.removeprefix("const:")


def condition_of(form: Form, catalogue: Catalogue) -> Condition:
    """Compile a form's condition. Raises RuleError."""
    node = parse_for(form, "applies_when", form.applies_when or "True", scope_of(form, catalogue, viewer="*"))
    if node.kind not in {"bool", "any"}:
        raise RuleError(f"{form.code}, applies_when: it is true or false, this is a {node.kind}")
    needs = needs_of(form, [node])
    return Condition(
        form,
        question(node),
        needs,
        Reader(form, [("", key) for key in needs.baseline]),
        is_open=is_told_in_words(form),
    )


def is_told_in_words(form: Form) -> bool:
    """Tell whether nobody but a person can say who fills a form: its definition says it in words alone."""
    return not form.applies_when and bool(form.applies_text) and form.source_kind not in {"listing", "scattered"}


@lru_cache(maxsize=32)
def applicability_of(kind: str, catalogue: Catalogue) -> Applicability:
    """The conditions of the forms that units of a kind may owe, compiled once."""
    return Applicability(kind, catalogue)


def _may_be_about(form: Form, kind: str) -> bool:
    """Tell whether a form is of the programme of such units, and about a region where they are one."""
    programme = "census"
    if kind == "scattered":
        programme = "scattered"
    if form.programme != programme:
        return False
    if kind in REGIONAL:
        return form.subject != "object" and form.unit_of_report == kind
    return form.subject == "object"


def _of_kind(sources: tuple[str, ...], conditions: Mapping[str, Condition]) -> dict[str, Condition]:
    """Forms about these sources, the listing forms that they ask for, and other forms that lean on them."""
    own = {code for code, condition in conditions.items() if condition.form.source_kind in sources}
    listing = {code for code, condition in conditions.items() if condition.form.source_kind == "listing"}
    wanted = set(own)
    # One that leans on another belongs where that one does, and others may lean on it in turn. Listing forms are left
    # out here: units of all kinds are found by them, and all forms of all kinds would come along.
    while True:
        leaning = {
            code
            for code, condition in conditions.items()
            if code not in listing and condition.leans_on & (wanted - listing)
        }
        if leaning <= wanted:
            break
        wanted |= leaning
    asked_for = frozenset[str]().union(*(conditions[code].leans_on for code in own)) & listing
    return {code: condition for code, condition in conditions.items() if code in wanted | asked_for}


def _merged(conditions: Mapping[str, Condition]) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for condition in conditions.values():
        for code, places in condition.needs.forms.items():
            found.setdefault(code, set()).update(places)
    return found


def _verdict(condition: Condition, units: tuple[Record, Record], known: Answers) -> Applies:
    """The verdict if it is the same whether forms that may be filled will be (the second record) or not."""
    least = most = condition.applies(units[0], known)
    if condition.needs.present:
        most = condition.applies(units[1], known)
    if least is None or least is not most:
        return "may"
    if least:
        return "must"
    return "must_not"
