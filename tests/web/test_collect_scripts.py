"""What the phone's scripts promise without a browser: digests, sending weight, old browsers."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from census.services.receipts import Receipt
from census.web import assets
from census.web.collect_addresses import blank_address
from forms.catalogue import catalogue
from forms.values import digest
from validation.examples import answers_for

SCRIPTS = Path(assets.FOLDER) / "js"
LARGEST_FIRST_PAGE = 60_000
CHROME_80_LACKS = (".replaceChildren(", "??=", "||=", ".replaceAll(", ".at(-", "structuredClone", "randomUUID", "await import.meta")


def run(script: str, *values: object) -> object:
    """Run a module script in Node; what it prints is JSON."""
    source = f"const values = {json.dumps(values)};\n{script}"
    done = subprocess.run(["node", "--input-type=module", "-e", source], capture_output=True, text=True, check=True, cwd=SCRIPTS)
    return json.loads(done.stdout)


@pytest.mark.parametrize("code", ["QC-1", "G101-1", "G102"])
def test_the_phone_digests_answers_as_the_server_does(code: str) -> None:
    answers = answers_for(code, seed=5).answers
    explanations = [{"check": f"{code}-C01", "path": "/remarks", "text": "换行\n与“引号”、\u2028 和 😀"}]
    script = "import { digest } from './canonical.js'; console.log(JSON.stringify(await digest(...values)));"
    assert run(script, answers, explanations) == digest(answers, explanations)


def test_the_phone_sorts_keys_by_utf_16_as_rfc_8785_wants() -> None:
    answers = {"\U0001f600": "a", "\ufb33": "b", "é": "c", "1": True, "d": {"d": 113, "m": 0, "s": "1.50"}}
    script = "import { digest } from './canonical.js'; console.log(JSON.stringify(await digest(values[0], [])));"
    assert run(script, answers) == digest(answers, [])


def test_the_phone_believes_only_receipts_of_this_server() -> None:
    from datetime import UTC, datetime
    from uuid import uuid4

    receipt = Receipt("R1", uuid4(), 1, "ab" * 32, datetime(2018, 8, 20, 9, 51, tzinfo=UTC))
    key = "0123456789abcdef"
    told = {
        "number": receipt.number, "id": str(receipt.submission_id), "revision": 1, "digest": receipt.digest,
        "at": receipt.at_text, "mac": receipt.mac(key.encode()),
    }
    script = """import { isGenuine } from './canonical.js';
        const [receipt, key] = values;
        const told = [isGenuine(receipt, key), isGenuine({ ...receipt, number: 'R2' }, key), isGenuine(receipt, 'other')];
        console.log(JSON.stringify(await Promise.all(told)));"""
    assert run(script, told, key) == [True, False, False]


def test_ids_made_on_the_phone_are_uuids_of_version_7_in_the_order_of_time() -> None:
    script = "import { newId } from './canonical.js'; const first = newId(); await new Promise((go) => setTimeout(go, 5)); console.log(JSON.stringify([first, newId()]));"
    first, second = run(script)  # type: ignore[misc]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first)
    assert first < second


def test_deleting_a_row_moves_what_was_said_of_the_rows_behind_it() -> None:
    said = [{"path": "/facility/0/run_hours"}, {"path": "/facility/1/run_hours"}, {"path": "/facility/2/run_hours"}, {"path": "/remarks"}]
    script = "import { moved } from './answers.js'; console.log(JSON.stringify(moved(values[0], 'facility', 1, -1).map((one) => one.path)));"
    assert run(script, said) == ["/facility/0/run_hours", "/facility/1/run_hours", "/remarks"]


def test_what_is_not_asked_is_not_sent() -> None:
    answers = {"a": "1", "b": "2", "rows": [{"x": "1", "y": "2"}], "gone": [{"x": "1"}]}
    script = "import { asked } from './answers.js'; console.log(JSON.stringify(asked(values[0], new Set(values[1]))));"
    assert run(script, answers, ["/b", "/rows/0/y", "/gone"]) == {"a": "1", "rows": [{"x": "1"}]}


@pytest.mark.parametrize(("typed", "kept"), [("12 400", "12400"), ("１２，４００", "12400"), ("1\u2009234.5", "1234.5"), (" 3。5 ", "3.5")])
def test_numbers_are_kept_plain_however_they_are_typed(typed: str, kept: str) -> None:
    script = "import { plain } from './fields.js'; console.log(JSON.stringify(plain(values[0])));"
    assert run(script, typed) == kept


@pytest.mark.parametrize(("text", "first"), [("0610", "0610"), ("金属结构", "3311"), ("33", "3311")])
def test_suggestions_come_by_code_and_by_name(client: FlaskClient, text: str, first: str) -> None:
    entries = client.get("/collect/codelists/gbt4754?offer=industrial").get_json()
    script = "import { search } from './combobox.js'; console.log(JSON.stringify(search(values[0], values[1])[0][0]));"
    assert run(script, entries, text) == first


def test_the_first_form_page_is_light(client: FlaskClient) -> None:
    html = client.get(blank_address(catalogue().current("G102"))).get_data(as_text=True)
    linked = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', html))
    assert any(address.endswith("form.js") for address in linked)
    weight = len(gzip.compress(html.encode())) + sum(len(gzip.compress(client.get(address).get_data())) for address in linked)
    assert weight <= LARGEST_FIRST_PAGE, weight


def test_every_module_that_the_form_page_needs_at_once_is_preloaded(client: FlaskClient) -> None:
    html = client.get(blank_address(catalogue().current("G102"))).get_data(as_text=True)
    needed, seen = ["form"], set[str]()
    while needed:
        name = needed.pop()
        if name not in seen:
            seen.add(name)
            needed += re.findall(r"""^import (?:.* from )?['"]\./(\w+)\.js['"]""", (SCRIPTS / f"{name}.js").read_text(), re.MULTILINE)
    assert seen - {"form"} == set(re.findall(r'modulepreload" href="[^"]*/(\w+)\.js"', html))


def test_remarks_stay_at_home_and_nothing_else_does() -> None:
    script = """import { readFileSync } from 'node:fs';
        import ts from '../../../../node_modules/typescript/lib/typescript.js';
        const printer = ts.createPrinter({ removeComments: true });
        const bare = (text) => printer.printFile(ts.createSourceFile('a.js', text, ts.ScriptTarget.Latest)).replace(/\\s+/g, ' ');
        const sent = Object.entries(JSON.parse(readFileSync(0, 'utf8')));
        console.log(JSON.stringify(sent.filter(([name, text]) => bare(readFileSync(name, 'utf8')) !== bare(text)).map(([name]) => name)));"""
    sent = {path.name: assets.content(path).decode() for path in sorted(SCRIPTS.glob("*.js"))}
    done = subprocess.run(["node", "--input-type=module", "-e", script], input=json.dumps(sent), capture_output=True, text=True, check=True, cwd=SCRIPTS)
    assert json.loads(done.stdout) == []
    assert not [name for name, text in sent.items() if "@param" in text]


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.js")))
def test_scripts_keep_to_what_chrome_80_knows(script: str) -> None:
    source = (SCRIPTS / script).read_text()
    assert not [word for word in CHROME_80_LACKS if word in source]
    assert not re.findall(r"^(?:const|let|await)[^\n]*\bawait\b", source, re.MULTILINE), "no await at the top of a module"
    assert not re.search(r"innerHTML\s*=[^=]", source)
