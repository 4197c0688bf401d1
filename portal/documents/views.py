"""Views shared by all documents: their images, and the templates of the editor pages, which each
feature registers on its own blueprint (`portal.documents.editor`).
"""

from flask import Blueprint, Response, jsonify, request, send_file
from flask_wtf.file import FileField

from portal.accounts.login.identity import current_account
from portal.accounts.permissions.access import staff, the_account
from portal.audit.refusals import record_refusal
from portal.core.errors import Invalid, NotFound
from portal.core.forms import BaseForm
from portal.core.storage.database import db
from portal.documents.images.access import KEY, opens
from portal.documents.images.store import image_file, keep_image
from portal.documents.models import DocumentKind
from portal.documents.publishing.patch import unshipped
from portal.documents.publishing.versions import PublicationState, publication_state


class ImageForm(BaseForm):
    picture = FileField()


A_WHILE = "private, max-age=3600"

blueprint = Blueprint("documents", __name__, template_folder="templates")


@blueprint.get("/documents/images/<name>.webp")
def show_image(name: str) -> Response:
    """For staff, and for readers who were shown a text with the image and so have its key."""
    if not opens(request.args.get(KEY, ""), name) and not _is_staff():
        raise NotFound("There is no such picture, or the page that showed it is outdated.")
    response = send_file(image_file(name), mimetype="image/webp", conditional=True)
    response.headers["Cache-Control"] = A_WHILE
    return response


def _is_staff() -> bool:
    account = current_account()
    return account is not None and account.is_staff


@blueprint.post("/ops/documents/images")
@staff
def create_image() -> tuple[Response, int]:
    """For the script that inserts an image at the cursor: its address, or an error."""
    form, by = ImageForm(), the_account()
    sent = form.picture.data
    try:
        form.require()
        kept = keep_image(sent.read() if sent else b"", by=by)
    except Invalid as error:
        record_refusal(error, by=by)
        return jsonify(error=str(error)), error.status
    db.session.commit()
    return jsonify(address=kept.address, width=kept.width, height=kept.height), 201


@blueprint.app_template_global()
def document_state(kind: str, slug: str) -> PublicationState:
    """For pages that show a document: shipped file, published file, versions."""
    return publication_state(DocumentKind(kind), slug)


@blueprint.app_template_global()
def unshipped_documents(kind: str) -> list[str]:
    """Slugs of documents whose published text is not in the repository yet."""
    return unshipped(DocumentKind(kind))
