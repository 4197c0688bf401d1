"""What all documents share in the browser: their pictures, and the templates of the pages for
writing, which each feature hangs into its own part (`portal.documents.editor`)."""

from flask import Blueprint, Response, jsonify, request, send_file

from portal.accounts.access import staff, the_account
from portal.audit.refusals import record_refusal
from portal.core.database import db
from portal.core.errors import Invalid
from portal.documents.images import image_file, keep_image
from portal.documents.models import DocumentKind
from portal.documents.patch import unshipped
from portal.documents.versions import Standing, standing_of

FOR_GOOD = "public, max-age=31536000, immutable"

blueprint = Blueprint("documents", __name__, template_folder="templates")


@blueprint.get("/documents/images/<name>.webp")
def show_image(name: str) -> Response:
    """For everybody who knows its hash: who may not read a text does not."""
    response = send_file(image_file(name), mimetype="image/webp", conditional=True)
    response.headers["Cache-Control"] = FOR_GOOD
    return response


@blueprint.post("/ops/documents/images")
@staff
def create_image() -> tuple[Response, int]:
    """For the script that puts a picture where the cursor is: its address, or why there is none."""
    sent, by = request.files.get("picture"), the_account()
    try:
        kept = keep_image(sent.read() if sent else b"", by=by)
    except Invalid as error:
        record_refusal(error, by=by)
        return jsonify(error=str(error)), error.status
    db.session.commit()
    return jsonify(address=kept.address, width=kept.width, height=kept.height), 201


@blueprint.app_template_global()
def document_standing(kind: str, slug: str) -> Standing:
    """For pages that show a document: what was shipped, what was published, and its versions."""
    return standing_of(DocumentKind(kind), slug)


@blueprint.app_template_global()
def unshipped_documents(kind: str) -> list[str]:
    """Slugs of what the repository does not say yet."""
    return unshipped(DocumentKind(kind))
