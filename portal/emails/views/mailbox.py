"""/ops/mailbox: the messages that a demo writes into a folder instead of sending them."""

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import guard_blueprint
from portal.core.configuration.settings import settings
from portal.core.errors import NotFound
from portal.core.paging import page_of
from portal.emails.delivery.mail_folder import MailFolder
from portal.emails.queries import message_of_letter
from portal.emails.views.frames import framed

SHOWN = ("From", "To", "Subject", "Date", "Message-ID")
PAGE = 50

blueprint = Blueprint(
    "mailbox", "portal.emails", url_prefix="/ops/mailbox", template_folder="templates"
)
guard_blueprint(blueprint)


@blueprint.get("")
def list_letters() -> str:
    folder = _folder()
    page = page_of(folder.names(), number=request.args.get("page", 1, type=int), size=PAGE)
    return render_template(
        "emails/mailbox.html",
        page=page.showing(folder.letters(page.items)),
        page_address=lambda number: url_for(".list_letters", page=number),
    )


@blueprint.get("/<name>")
def show_letter(name: str) -> str:
    letter = _folder().letter(name)
    message = message_of_letter(str(letter["Message-ID"] or ""))
    plain = letter.get_body(("plain",))
    return render_template(
        "emails/mailbox_letter.html",
        name=name,
        linked=message if message and message.asks_for_link else None,
        subject=letter["Subject"] or "No subject",
        headers=[(header, letter[header]) for header in SHOWN if letter[header]],
        text=plain.get_content() if plain else None,
        has_html=letter.get_body(("html",)) is not None,
        attachments=[part.get_filename() or "unnamed" for part in letter.iter_attachments()],
    )


@blueprint.get("/<name>/html")
def show_html(name: str) -> Response:
    """The letter as a page of its own, for the frame."""
    part = _folder().letter(name).get_body(("html",))
    if part is None:
        raise NotFound("This message has no HTML.")
    return framed(part.get_content())


@blueprint.get("/<name>/file")
def download_letter(name: str) -> Response:
    response = make_response(_folder().read(name))
    response.headers["Content-Type"] = "message/rfc822"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _folder() -> MailFolder:
    folder = settings().mail.folder
    if folder is None:
        raise NotFound("Messages of this site leave by a mail server; there is no mailbox here.")
    return MailFolder(folder)
