"""Keys between this server and the phones of its people, worked out anew each time and stored nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac

from census.access import Actor
from census.settings import Settings


def recovery_key(settings: Settings, actor: Actor) -> str:
    """What opens the phone of whoever forgot its PIN but can sign in: 32 bytes in base64, the same for all their phones."""
    secret = settings.derived_secret("phone recovery")
    return base64.b64encode(
        hmac.digest(secret, f"{actor.programme} {actor.account_id}".encode(), hashlib.sha256)
    ).decode()
