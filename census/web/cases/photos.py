"""Photos posted with a desk form: kept in the file store first, then recorded with the step that they prove."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import request

from census.services.collect import files
from census.web.session import Work


def keep_photos(allowed: AbstractContextManager[Work], field: str = "photos") -> list[files.Content]:
    """Store the files of a posted form, outside any transaction, once ``allowed`` has let the caller in.

    Raises WrongContent for what is neither photo nor PDF; those before it are kept, unseen, until they are sent again.
    """
    with allowed as work:
        store = files.FileStore(work.settings, work.actor.programme)
    kept: list[files.Content] = []
    with TemporaryDirectory() as folder:
        for number, sent in enumerate(request.files.getlist(field)):
            if sent.filename:
                file = Path(folder) / str(number)
                sent.save(file)
                content = files.examine(file)
                store.save(content.kept, content.sha256)
                kept.append(content)
    return kept


def record_photos(work: Work, kept: list[files.Content]) -> list[str]:
    """Record stored photos as the caller's, and name all evidence of the form: these and those sent before."""
    for content in kept:
        files.record(work.session, content, work.actor.account_id)
    return [*request.form.getlist("evidence"), *(content.sha256 for content in kept)]
