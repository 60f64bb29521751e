"""What only TypeScript can tell of the scripts; run by ``make lint``, which installs it."""

from __future__ import annotations

import json
import subprocess

from census.web import assets
from tests.node import NODE
from tests.scripts import OWN, SCRIPTS, located


def test_remarks_stay_at_home_and_nothing_else_does() -> None:
    script = """import { readFileSync } from 'node:fs';
        import ts from '../../../../node_modules/typescript/lib/typescript.js';
        const printer = ts.createPrinter({ removeComments: true });
        const parsed = (text) => ts.createSourceFile('a.js', text, ts.ScriptTarget.Latest);
        const bare = (text) => printer.printFile(parsed(text)).replace(/\\s+/g, ' ');
        const sent = Object.entries(JSON.parse(readFileSync(0, 'utf8')));
        const changed = sent.filter(([name, text]) => bare(readFileSync(name, 'utf8')) !== bare(text));
        console.log(JSON.stringify(changed.map(([name]) => name)));"""
    sent = {located(name): assets.content(path).decode() for name, path in OWN.items()}
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", script],
        input=json.dumps(sent),
        capture_output=True,
        text=True,
        check=True,
        cwd=SCRIPTS,
    )
    assert json.loads(done.stdout) == []
    assert not [name for name, text in sent.items() if "@param" in text]
