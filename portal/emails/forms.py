"""The shape of what the editor of a message sends; the rules are the services'."""

import re
from typing import Any

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from portal.core.errors import Invalid
from portal.core.forms import BaseForm
from portal.emails.unsaved import LONGEST_BODY, LONGEST_SUBJECT, Typed

_PAGE, _HASH = re.compile(r"[0-9a-f]{16}\Z"), re.compile(r"[0-9a-f]{64}\Z")
RELOAD = "The request does not say which words it is about. Reload the page."
TOO_LONG = (
    f"Keep the subject below {LONGEST_SUBJECT:,} and the text below {LONGEST_BODY:,} characters."
)


class Misshapen(Invalid):
    """A form whose shape is wrong, in one sentence."""

    status = 422


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


class EditForm(BaseForm):
    subject = StringField(validators=[Length(max=LONGEST_SUBJECT, message=TOO_LONG)])
    body = TextAreaField(filters=[_plain], validators=[Length(max=LONGEST_BODY, message=TOO_LONG)])
    seen = HiddenField()
    page = HiddenField(validators=[Optional(), Regexp(_PAGE, message=RELOAD)])
    key = HiddenField(validators=[Optional(), Regexp(_PAGE, message=RELOAD)])
    known = HiddenField(validators=[Optional(), Regexp(_HASH, message=RELOAD)])

    def typed(self) -> Typed:
        return Typed(
            subject=self.subject.data or "",
            body=self.body.data or "",
            seen=self.seen.data or "",
            page=self.page.data or "",
            key=self.key.data or "",
            known=self.known.data or "",
        )

    @property
    def problems(self) -> dict[str, str]:
        """The first sentence of each field that is wrong."""
        return {name: str(said[0]) for name, said in self.errors.items() if name and said}


class UnsavedForm(EditForm):
    """The same, sent by the page itself: in whose name it was opened."""

    page = HiddenField(validators=[InputRequired(message=RELOAD), Regexp(_PAGE, message=RELOAD)])
    seen = HiddenField(validators=[InputRequired(message=RELOAD), Regexp(_HASH, message=RELOAD)])
    writer = HiddenField()


class DiscardForm(BaseForm):
    key = HiddenField(validators=[InputRequired(message=RELOAD), Regexp(_PAGE, message=RELOAD)])


class FindingForm(BaseForm):
    """`finding` is the key of what is confirmed, `seen` the hash of the message that was shown."""

    finding = HiddenField(validators=[InputRequired()])
    seen = HiddenField()
