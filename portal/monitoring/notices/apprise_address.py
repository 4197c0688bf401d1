"""Checks an address of Apprise, and sends to one. Apprise is imported when it is used: only a
process that sends, or a page that takes an address, needs it."""

import logging
import warnings
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from portal.core.errors import Invalid

LONGEST = 2000
NOT_TAKEN = "The address did not confirm it."
LOCAL = frozenset({"syslog", "dbus", "qt", "kde", "glib", "gnome", "macosx", "windows"})
"""Services of this machine, which reach no one."""
FORM = "mailto://user:password@example.com, ntfys://topic or json://host/path"


def shown_address(text: str) -> str:
    """Scheme and host. Raises Invalid if Apprise can't use the address."""
    parts = _parts(text)
    if parts is None or parts[0] in LOCAL or _service(text) is None:
        raise Invalid(
            f"This is no address that notices can be sent to. It looks like {FORM}.",
            field="address",
        )
    scheme, host = parts
    return f"{scheme}://{host}" if host else scheme


def send(address: str, *, title: str, body: str) -> bool:
    """Whether the service confirmed it. One attempt: nothing is sent twice."""
    from apprise import Apprise, NotifyFormat  # noqa: PLC0415 — see above

    service = _service(address)
    if service is None:
        return False
    sender = Apprise(asset=_asset())
    sender.add(service)
    return bool(sender.notify(title=title, body=body, body_format=NotifyFormat.TEXT))


def _parts(text: str) -> tuple[str, str] | None:
    """Scheme and host. A host without a dot may be a token, as in slack://token, and is not
    shown; neither is one that is no name."""
    if len(text) > LONGEST or not text.isprintable() or any(each.isspace() for each in text):
        return None
    try:
        parts = urlsplit(text)
        host, scheme = parts.hostname or "", parts.scheme.lower()
    except ValueError:
        return None
    if not scheme or "://" not in text:
        return None
    is_host = "." in host or host == "localhost" or ":" in host
    return scheme, host if is_host else ""


@cache
def load() -> None:
    """Import Apprise with all its services, which takes a second; before threads need it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from apprise import Apprise  # noqa: PLC0415 — see above

        Apprise.instantiate("json://localhost", asset=_asset())


def _service(text: str) -> Any:
    load()
    from apprise import Apprise  # noqa: PLC0415 — see above

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines may quote an address
    service = Apprise.instantiate(text, asset=_asset(), suppress_exceptions=True)
    if service is None:
        return None
    service.retry = 0
    return service


@cache
def _asset() -> Any:
    """No pictures from elsewhere, no files, no templates, no keys made, no redirects."""
    from apprise import AppriseAsset, PersistentStoreMode  # noqa: PLC0415 — see above

    return AppriseAsset(
        app_id="Talkback",
        app_desc="Talkback",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        allow_templates=False,
        pgp_autogen=False,
        pem_autogen=False,
        http_redirects=False,
        storage_mode=PersistentStoreMode.MEMORY,
        secure_logging=True,
    )
