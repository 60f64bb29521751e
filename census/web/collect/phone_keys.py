"""Keys between this server and the phones of its people: handed out here. What opens a phone is stored nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac

from flask import Blueprint, Response, jsonify, request

from census.access import Actor
from census.services.people import accounts
from census.settings import Settings
from census.web.collect.todo import collecting
from census.web.session import bearer_of

blueprint = Blueprint("collect_keys", __name__, url_prefix="/collect")


@blueprint.post("/token")
def token() -> Response:
    """Hand this phone an API token of its own, its receipts' key, and the key to a forgotten PIN."""
    with collecting() as work:
        text, actor, expires_at = accounts.add_device(work.session, work.actor, device=request.user_agent.string)
        return jsonify(
            token=bearer_of(actor.programme, text),
            receipt_key=actor.receipt_key.decode("ascii"),
            expires_at=expires_at.isoformat(),
            account=f"{actor.programme}:{actor.username}",
            session=str(actor.session_id),
            recovery_key=recovery_key(work.settings, actor),
        )


def recovery_key(settings: Settings, actor: Actor) -> str:
    """What opens the phones of whoever forgot the PIN but can sign in: 32 bytes in base64, the same for all of them.

    It is worked out anew each time.
    """
    secret = settings.derived_secret("phone recovery")
    key = hmac.digest(secret, f"{actor.programme} {actor.account_id}".encode(), hashlib.sha256)
    return base64.b64encode(key).decode()
