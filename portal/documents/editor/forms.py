"""The shape of what the page for writing sends; the rules are the services'."""

import re

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField

from portal.core.errors import Invalid
from portal.core.forms import BaseForm
from portal.documents.desk import Sheet

_HASH = re.compile(r"[0-9a-f]{64}")


def read_sheet(form: MultiDict[str, str]) -> Sheet:
    """Raises Invalid when what the page always sends is missing."""
    opened = form.get("opened", "")
    if "text" not in form or (opened and not _HASH.fullmatch(opened)):
        raise Invalid("The request does not say which text it is about.")
    return Sheet(
        slug=form.get("slug", "").strip(),
        text=form["text"].replace("\0", ""),  # which no file and no page can hold
        opened=opened or None,
        note=form.get("note", "").strip(),
        seat=form.get("seat", ""),
        drafted_as=form.get("drafted_as", ""),
    )


def read_version(args: MultiDict[str, str]) -> int | None:
    """The number of a version that an address asks for, if it asks for one."""
    asked = args.get("version", "")
    return int(asked) if asked.isdecimal() and len(asked) < 10 else None


class PublicationForm(BaseForm):
    """`confirmed` is the key of what was looked at before others than staff read it; with `share`
    “yes” the readers of an earlier version read this one."""

    confirmed = HiddenField()
    share = HiddenField()
