"""Rows of a computed form that follow from other forms: counted here, so that a department types coefficients only.

Y201-2 and Y202-4 add up what the region itself reported; Y203 adds up the approved records of all units in the region.
Checks compare what is sent with the same sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.models.collect import Revision, Submission
from census.models.register import Unit
from census.services.collect import drafts
from census.services.handup.gate import APPROVED
from forms.codelists import codelist

Answers = Mapping[str, Any]
STATES: Final = sorted({state for states in APPROVED.values() for state in states})
GASOLINE, DIESEL, CRUDE = "2", "3", "1"  # code list oil_product
DEPOT, STATION, TANKER = "1", "2", "3"  # code list oil_chain_link
VESSELS: Final = "6"  # code list agri_emission_source


class _Sums(dict[tuple[str, ...], Decimal]):
    """Sums by one or more codes, in the order of the codes."""

    def add(self, codes: tuple[object, ...], amount: Decimal | None) -> None:
        if amount is not None and all(isinstance(code, str) and code for code in codes):
            key = cast("tuple[str, ...]", codes)
            self[key] = self.get(key, Decimal(0)) + amount

    def each(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield from ((codes, f"{self[codes]:f}") for codes in sorted(self) if self[codes] > 0)


def rows_of(session: Session, unit: Unit, form: str) -> dict[str, Any]:
    """Give the rows of a form as far as they follow from others.

    Nothing for any other form, or while its sources are missing.
    """
    count = _COUNTS.get(form)
    if count is None:
        return {}
    rows = list(count(session, unit))
    if not rows:
        return {}
    return {"emissions": rows}


def _vehicles(session: Session, unit: Unit) -> Iterator[dict[str, str]]:
    counts = _Sums()
    for row in _rows(_sent(session, unit).get("Y201-1", {}), "vehicles"):
        counts.add((row.get("vehicle_type"), row.get("vehicle_fuel")), _number(row.get("vehicle_count")))
    for (kind, fuel), count in counts.each():
        yield {"vehicle_type": kind, "vehicle_fuel": fuel, "vehicle_count": count}


def _machines(session: Session, unit: Unit) -> Iterator[dict[str, str]]:
    sent, powers, kinds = _sent(session, unit), _Sums(), codelist("agri_machine_type")
    for row in _rows(sent.get("Y202-1", {}), "machines"):
        entry = kinds.get(str(row.get("machine_type")))
        source = entry and entry.attributes.get("emission_source")
        powers.add((source,), _number(row.get("machine_power")))
    for row in _rows(sent.get("Y202-3", {}), "vessels"):
        powers.add((VESSELS,), _number(row.get("vessel_power")))
    for (source,), power in powers.each():
        yield {"emission_source": source, "source_power": power}


def _oil(session: Session, unit: Unit) -> Iterator[dict[str, str]]:
    counts, amounts = _Sums(), _Sums()
    for form, answers in _approved(session, unit.region_code):
        for link, product, amount, count in _OILS[form](answers):
            if amount is None:
                continue
            # One that handled nothing of a product does not count for it, but Y203-C06 counts every station.
            if amount > 0 or (link, product) == (STATION, GASOLINE):
                counts.add((link, product), count)
                amounts.add((link, product), amount)
    for (link, product), amount in amounts.each():
        yield {
            "chain_link": link,
            "oil_product": product,
            "object_count": f"{counts.get((link, product), Decimal(0)):f}",
            "oil_throughput": amount,
        }


Oil = tuple[str, object, Decimal | None, Decimal | None]  # link, product, tonnes, objects
ONE: Final = Decimal(1)


def _depot(answers: Answers) -> Iterator[Oil]:
    yield from ((DEPOT, row.get("oil_product"), _number(row.get("turnover")), ONE) for row in _rows(answers, "oils"))


def _station(answers: Answers) -> Iterator[Oil]:
    yield STATION, GASOLINE, _number(answers.get("gasoline_sales")), ONE
    yield STATION, DIESEL, _number(answers.get("diesel_sales")), ONE


def _tankers(answers: Answers) -> Iterator[Oil]:
    count = _number(answers.get("tanker_count"))
    for product, key in (
        (CRUDE, "crude_transported"),
        (GASOLINE, "gasoline_transported"),
        (DIESEL, "diesel_transported"),
    ):
        yield TANKER, product, _number(answers.get(key)), count


def _approved(session: Session, region: str) -> Iterator[tuple[str, Answers]]:
    query = (
        select(Submission.form, Revision.answers)
        .join(Revision, (Revision.submission_id == Submission.id) & (Revision.number == Submission.revision))
        .where(
            Submission.region_code.startswith(region),
            Submission.form.in_(_OILS),
            Submission.state.in_(STATES),
            Submission.applies,
        )
    )
    yield from ((row.form, row.answers) for row in session.execute(query, execution_options={"yield_per": 500}))


def _sent(session: Session, unit: Unit) -> dict[str, Answers]:
    return {form: revision.answers for form, (_, revision) in drafts.sent_of_unit(session, unit.id).items()}


def _rows(answers: Answers, group: str) -> Iterator[Answers]:
    rows = answers.get(group)
    if isinstance(rows, list):
        yield from (cast("Answers", row) for row in cast("list[object]", rows) if isinstance(row, dict))


def _number(raw: object) -> Decimal | None:
    if not isinstance(raw, str) or not raw:
        return None
    try:
        return Decimal(raw)
    except InvalidOperation:
        return None


_OILS: Final[dict[str, Callable[[Answers], Iterator[Oil]]]] = {"Y101": _depot, "Y102": _station, "Y103": _tankers}
_COUNTS: Final[dict[str, Callable[[Session, Unit], Iterator[dict[str, str]]]]] = {
    "Y201-2": _vehicles,
    "Y202-4": _machines,
    "Y203": _oil,
}
