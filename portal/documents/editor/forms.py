"""Forms of the editor page. They check the shape of the input; the services check the rules."""

import re
from typing import Any

from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length, Optional, Regexp, ValidationError

from portal.core.forms import BaseForm, Required, stripped
from portal.documents.drafting.state import SOURCE, EditedText
from portal.documents.publishing.publish import LARGEST, LONGEST_NOTE
from portal.documents.publishing.sources import same_line_ends

_HASH, _PAGE = re.compile(r"[0-9a-f]{64}\Z"), re.compile(r"[0-9a-f]{16}\Z")
OFF = {"autocomplete": "off"}
TOO_LITTLE = "The request does not say which text it is about. Reload the page."
FIELDS = "fields"
VIEWS = (FIELDS, SOURCE)
MOST_CHARACTERS = f"This text is larger than {LARGEST // 1000} kB. Write it in the repository."


def plain(value: Any) -> Any:
    """Normalise line ends, and remove characters that no file or page can contain."""
    return same_line_ends(value.replace("\0", "")) if isinstance(value, str) else value


class EditorForm(BaseForm):
    """A text being edited, with the state of its page."""

    text = TextAreaField(
        "Text",
        filters=[plain],
        validators=[Length(max=LARGEST, message=MOST_CHARACTERS)],
        render_kw={"rows": 28, "spellcheck": "true", "required": True},
    )
    slug = StringField(
        "Address",
        filters=[stripped, plain],
        render_kw=OFF
        | {"placeholder": "made of day and title", "maxlength": 100, "spellcheck": "false"},
    )
    note = StringField(
        "Note",
        description="What changed and why, for the list of versions.",
        render_kw=OFF,
        filters=[stripped, plain],
        validators=[Length(max=LONGEST_NOTE, message=f"{LONGEST_NOTE} characters at most.")],
    )
    opened = HiddenField(validators=[Optional(), Regexp(_HASH, message=TOO_LITTLE)])
    known = HiddenField(validators=[Optional(), Regexp(_HASH, message=TOO_LITTLE)])
    page = HiddenField(validators=[Optional(), Regexp(_PAGE, message=TOO_LITTLE)])
    drafted_as = HiddenField()
    viewpoint = HiddenField()
    view = HiddenField()
    turn = HiddenField()

    def validate_text(self, field: TextAreaField) -> None:
        if not field.raw_data:
            raise ValidationError(TOO_LITTLE)

    def edited(self) -> EditedText:
        return EditedText(
            slug=self.slug.data or "",
            text=self.text.data or "",
            opened=None if self.opened.errors else self.opened.data or None,
            note=self.note.data or "",
            viewpoint=self.viewpoint.data or "",
            drafted_as=self.drafted_as.data or "",
            page="" if self.page.errors else self.page.data or "",
            known="" if self.known.errors else self.known.data or "",
            view=self.view.data if self.view.data in VIEWS else "",
        )


class AutosaveForm(EditorForm):
    """`EditorForm` for autosave, with the account that opened the page."""

    writer = HiddenField()
    page = HiddenField(validators=[Required(TOO_LITTLE), Regexp(_PAGE, message=TOO_LITTLE)])


class PictureForm(EditorForm):
    """`EditorForm` with a picture to insert into the text."""

    picture = FileField(
        "Picture",
        description="PNG, JPEG, WebP or GIF, up to 10 MB. Where and with what it was taken is not "
        "kept.",
        render_kw={"accept": "image/png,image/jpeg,image/webp,image/gif"},
    )
    shows = StringField(
        "What it shows",
        description="Read to those who do not see it.",
        filters=[stripped],
        render_kw=OFF | {"maxlength": 200},
    )


def read_version(args: MultiDict[str, str]) -> int | None:
    """The version number in the query string, if any."""
    asked = args.get("version", "")
    return int(asked) if asked.isdecimal() and len(asked) < 10 else None


class PublicationForm(BaseForm):
    """`confirmed` is the key of what was shown before other people than staff can read it; with
    `share` “yes” the readers of an earlier version read this one.
    """

    confirmed = HiddenField()
    share = HiddenField()


class WithdrawalForm(BaseForm):
    """`seen` is the SHA-256 of the published file to withdraw."""

    seen = HiddenField()
