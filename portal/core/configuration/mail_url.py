"""MAIL_URL: how messages are sent, and the sender.

`smtp://user:password@host:port?from=…`, `smtps://…`, or `file:` and a folder, for a demo.
"""

from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from portal.core.errors import SettingError

PORTS = {"smtp": 25, "smtps": 465}
STARTTLS_PORT = 587
DEFAULT_SENDER = "talkback@localhost"
FORM = "smtp://user:password@host:port?from=you@example.com"


@dataclass(frozen=True)
class MailRoute:
    """Either a folder that messages are written to, or an SMTP server.

    `must_encrypt`: without STARTTLS nothing is sent. `sender` is the From address.
    """

    sender: Address
    folder: Path | None = None
    host: str = ""
    port: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    must_encrypt: bool = False

    @property
    def is_file(self) -> bool:
        return self.folder is not None


def mail_route(url: str, *, data: Path, site_name: str) -> MailRoute:
    """Parse MAIL_URL; if empty, the folder `mail` in `data`.

    Raises SettingError, whose message never contains the password.
    """
    try:
        parts = urlsplit(url or "file:")
        port = parts.port
    except ValueError:
        raise SettingError(f"MAIL_URL can't be read; it looks like {FORM}.") from None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(options) - {"from", "starttls"}):
        raise SettingError(f"MAIL_URL has an option “{unknown[0]}”; from and starttls exist.")
    if parts.scheme == "file":
        folder = Path(unquote(parts.path)) if parts.path else data / "mail"
        sender = _sender(options.get("from") or DEFAULT_SENDER, site_name)
        return MailRoute(sender=sender, folder=folder.resolve())
    if parts.scheme not in PORTS:
        raise SettingError(
            f"MAIL_URL begins with “{parts.scheme}:”; it must be smtp, smtps or file."
        )
    return _server(parts, port, options, site_name)


def _server(
    parts: SplitResult, port: int | None, options: dict[str, str], site_name: str
) -> MailRoute:
    if not parts.hostname:
        raise SettingError(f"MAIL_URL names no server; it looks like {FORM}.")
    if bool(parts.username) != bool(parts.password):
        raise SettingError("MAIL_URL has a user without a password, or the other way round.")
    if options.get("starttls", "require") != "require":
        raise SettingError("MAIL_URL says starttls, which can only be “require”.")
    user = unquote(parts.username) if parts.username else None
    sender = options.get("from") or (user if user and "@" in user else "")
    if not sender:
        raise SettingError("MAIL_URL names no sender; add ?from=you@example.com.")
    is_tls = parts.scheme == "smtps"
    must_encrypt = not is_tls and (user is not None or "starttls" in options)
    return MailRoute(
        sender=_sender(sender, site_name),
        host=parts.hostname,
        port=port or (STARTTLS_PORT if must_encrypt else PORTS[parts.scheme]),
        user=user,
        password=unquote(parts.password) if parts.password else None,
        is_tls=is_tls,
        must_encrypt=must_encrypt,
    )


def _sender(text: str, site_name: str) -> Address:
    name, address = parseaddr(text)
    try:
        sender = Address(display_name=name or site_name, addr_spec=address)
    except (MessageError, ValueError, IndexError):
        sender = Address()
    is_address = bool(sender.username and sender.domain and address.isascii())
    if not (is_address and text.isprintable()):
        raise SettingError(f"MAIL_URL names the sender {text!a}, which is no email address.")
    return sender
