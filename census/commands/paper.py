"""``census paper``: a form to print, blank or for one unit; ``census xlsform``: the same form for other field tools."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from census.commands import Commands


def register(commands: Commands) -> None:
    paper = commands.add_parser("paper", help="write a form to print, in the layout of the official one")
    paper.add_argument("form", help="a form's code, for example G102")
    paper.add_argument("--unit", metavar="ID", help="fill it with what is known of this unit; default blank")
    paper.add_argument("--format", choices=("pdf", "html"), default="pdf")
    paper.add_argument("--out", type=Path, metavar="FILE", required=True)
    paper.add_argument(
        "--address", default="", metavar="URL", help="this instance as phones reach it: the QR code leads there"
    )
    paper.set_defaults(run=run_paper)
    xlsform = commands.add_parser("xlsform", help="write a form as XLSForm, for field tools of the ODK family")
    xlsform.add_argument("form", help="a form's code, for example G102")
    xlsform.add_argument("--out", type=Path, metavar="FILE", required=True)
    xlsform.set_defaults(run=run_xlsform)


def run_paper(arguments: argparse.Namespace) -> int:
    from forms.views import paper

    form, answers, link = _form(arguments.form), {}, ""
    if arguments.unit:
        answers, link = _known(arguments.unit, form.code, arguments.address)
    if arguments.format == "html":
        return _written(arguments.out, paper.html(form, answers, link=link, stylesheet=str(paper.STYLE)).encode())
    try:
        content = paper.pdf(form, answers, link=link)
    except paper.PdfNotPossible as problem:
        sys.stderr.write(f"census: {problem}\n")
        return 3
    return _written(arguments.out, content)


def run_xlsform(arguments: argparse.Namespace) -> int:
    from validation.evaluators.xpath import xlsform_of

    return _written(arguments.out, xlsform_of(_form(arguments.form)))


def _form(code: str):  # noqa: ANN202 - forms.definition.Form, loaded only when it is needed
    from census.errors import InvalidInput
    from forms.catalogue import UnknownForm, catalogue

    try:
        return catalogue().current(code)
    except UnknownForm:
        raise InvalidInput(
            f"没有“{code}”这张表。可用的表：{'、'.join(sorted({form.code for form in catalogue().forms()}))}"
        ) from None


def _known(unit: str, form: str, address: str) -> tuple[dict[str, object], str]:
    from uuid import UUID

    from census.db import FULL, Database
    from census.embedded.cluster import with_databases
    from census.errors import InvalidInput
    from census.services.collect.paper_sheets import sheet
    from census.settings import Settings

    try:
        wanted = UUID(unit)
    except ValueError:
        raise InvalidInput(f"“{unit}”不是普查对象编号。") from None
    settings = with_databases(Settings.from_env())
    database = Database(settings.census_database_url)
    try:
        with database.transaction(FULL) as session:
            found = sheet(session, None, wanted, form)
            answers = dict(found.answers)
        if not address:  # without an address no QR code: it would lead nowhere
            return answers, ""
        return answers, f"{address.rstrip('/')}{found.path}"
    finally:
        database.close()


def _written(out: Path, content: bytes) -> int:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    print(out)
    return 0
