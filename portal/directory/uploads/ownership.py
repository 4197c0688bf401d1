"""Whose pictures a store outside of PORTAL_DATA holds: a marker in it names the control room.

Two control rooms in one store would delete each other's pictures: none sees what the other's
directories refer to. So the first that stores a picture marks the store, and another one stores
nothing there and deletes nothing.
"""

import hmac
import json
import logging
from hashlib import sha256

from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable
from portal.core.secrets import secret_key
from portal.databases.targets.registry import known_control_room
from portal.directory.uploads.store import NO_ANSWER, PictureStore, own_folder

MARKER = "talkback-pictures.json"
log = logging.getLogger(__name__)
_known: set[str] = set()
"""Addresses of stores that this process found to be its control room's."""


def require_own_store(store: PictureStore) -> None:
    """Mark a store without a marker. Raises Unavailable for another control room's, and where that
    can't be determined."""
    route = settings().picture_store
    if route.folder == own_folder().resolve() or route.address in _known:
        return
    if store.content(MARKER) is None:
        store.put(MARKER, _marker())
    if not _is_own(store.content(MARKER)):
        log.error(
            "STORAGE_URL leads to %s, which another control room has marked in %s. Nothing was"
            " stored or deleted there. Give this one a place of its own.",
            route.address,
            MARKER,
        )
        raise Unavailable(NO_ANSWER)
    _known.add(route.address)


def _marker() -> bytes:
    return json.dumps({"control_room": _room(), "proof": _proof()}, indent=2).encode() + b"\n"


def _is_own(marker: bytes | None) -> bool:
    """By the control room's id, or by its key after its database was lost."""
    try:
        found = json.loads(marker or b"")
        room, proof = str(found["control_room"]), str(found["proof"])
    except (ValueError, KeyError, TypeError):
        return False
    is_of_room = bool(room) and room == _room()
    return is_of_room or hmac.compare_digest(proof.encode(), _proof().encode())


def _room() -> str:
    """Empty before one is set up; then the key decides."""
    room = known_control_room()
    return room.uuid if room else ""


def _proof() -> str:
    key = secret_key(settings())
    return hmac.new(key.encode(), b"pictures' store", sha256).hexdigest()
