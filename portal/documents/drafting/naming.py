"""Slugs of new documents."""

import re
import unicodedata
from datetime import date

from portal.core.errors import Invalid

#: Slugs reserved for other routes of documents.
RESERVED = {
    "changes.patch",
    "drafts",
    "emails",
    "images",
    "measures",
    "new",
    "preview",
    "publications",
    "unshared",
}
LONGEST = 100
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class BadAddress(Invalid):
    """An invalid address; the error is shown at its field."""

    status = 422
    heading = "Look at the address"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, field="slug")


def slug_for(title: str, day: date | None = None) -> str:
    """`2025-12-16-studio-directory-offline`. Empty if the title contains no letter or digit."""
    plain = (
        unicodedata.normalize("NFKD", re.sub("['’]", "", title))
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
    words = re.findall(r"[a-z0-9]+", plain)
    if not words:
        return ""
    dated = [day.isoformat()] if day else []
    slug = "-".join([*dated, *words])
    return slug if len(slug) <= LONGEST else slug[:LONGEST].rpartition("-")[0] or slug[:LONGEST]


def check_slug(slug: str) -> str:
    """The slug of a new document. Raises Invalid."""
    if len(slug) > LONGEST or not _SLUG.fullmatch(slug):
        raise BadAddress(
            "The address must be made of small letters, figures and single hyphens, "
            f"{LONGEST} characters at most."
        )
    if slug in RESERVED:
        raise BadAddress(f"“{slug}” is the address of something else. Choose another one.")
    return slug
