"""An email of a site as it is handed to the mail server."""

from datetime import datetime
from email.message import EmailMessage

from portal.core.configuration.settings import settings
from portal.databases.targets.config import Target
from portal.databases.targets.registry import registered_target
from portal.directory.unattended.letters import StoredLetter
from portal.emails.delivery.mime import Envelope, build
from portal.emails.site_letters.parts import Site, html_and_text
from portal.emails.site_letters.texts import text_of_letter

ONE_CLICK = "List-Unsubscribe=One-Click"
"""RFC 8058: a mail program ends the emails by a request with this text to the address."""


def site_of(target: Target) -> Site:
    """By the address that is on record for its visitors, else by this process's own."""
    known = registered_target(target.name)
    config = settings()
    return Site(config.site_name, (known.public_address if known else None) or config.base_url)


def compose(letter: StoredLetter, site: Site, *, at: datetime) -> EmailMessage:
    """The same id each time, so that a mail program shows one that arrives twice once.

    Raises Invalid for an address that can't be written to, and where the text lacks something.
    """
    text = text_of_letter(letter, site)
    html, plain = html_and_text(text)
    sender = settings().mail.sender
    built = build(
        Envelope(
            to_name="",
            to_address=letter.email,
            from_name=sender.display_name,
            from_address=sender.addr_spec,
            reply_to=text.reply_to,
        ),
        subject=text.subject,
        html=html,
        text=plain,
        message_id=f"<{letter.uuid}@{sender.addr_spec.rpartition('@')[2]}>",
        at=at,
    )
    if text.unsubscribe:
        built.set_raw("List-Unsubscribe", f"<{text.unsubscribe}>")
        built.set_raw("List-Unsubscribe-Post", ONE_CLICK)
    return built
