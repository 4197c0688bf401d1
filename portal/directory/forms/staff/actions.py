"""Actions of staff on studios: which, on which of them, and why."""

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from portal.core.forms import BaseForm, Required, storable, stripped
from portal.directory.batches.requesting import LONGEST_REASON, NO_REASON

LONGEST_NUMBER = 9


def numbers_in(texts: Sequence[str]) -> list[int]:
    """Of studios, however they are separated; what is no number is left out."""
    words = (each.strip() for text in texts for each in str(text).split(","))
    return [int(each) for each in words if each.isdecimal() and len(each) <= LONGEST_NUMBER]


class NumbersField(HiddenField):  # type: ignore[misc]  # WTForms ships no types
    """Numbers of studios: a box for each of them, or all in one field, with commas."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = numbers_in(valuelist)

    def _value(self) -> str:
        return ",".join(str(each) for each in self.data or ())


class SelectionForm(BaseForm):
    """`all`: every studio that `filter`, a query string of the table, finds; `count`: how many the
    table said they are."""

    numbers = NumbersField()
    all = HiddenField()
    filter = HiddenField()
    count = HiddenField()

    @property
    def is_of_more(self) -> bool:
        """Whether more studios match by now than whoever chose all of them was told."""
        told = str(self.count.data or "")
        many = int(told) if told.isdecimal() and len(told) <= LONGEST_NUMBER else 0
        return bool(self.all.data) and len(self.numbers.data) > many


def reason_field(*validators: Any) -> TextAreaField:
    return TextAreaField(
        "Reason",
        filters=[storable, stripped],
        validators=[
            *validators,
            Length(max=LONGEST_REASON, message=f"At most {LONGEST_REASON} characters, please."),
        ],
        render_kw={"rows": 3, "maxlength": LONGEST_REASON},
    )


class ActionForm(SelectionForm):
    """A click in the table, or on the page of one studio."""

    action = HiddenField()
    reason = reason_field()

    @property
    def is_asked_for_reason(self) -> bool:
        """Whether the page that sends it has the field."""
        return bool(self.reason.raw_data)


class DeletionForm(SelectionForm):
    reason = reason_field(Required(NO_REASON))


class HandoverForm(SelectionForm):
    person = StringField(
        "New owner",
        description="The email address of their account, or its number.",
        filters=[storable, stripped],
        validators=[
            Required("Say who gets the studio."),
            Length(max=254, message="An email address has at most 254 characters."),
        ],
        render_kw={"autocomplete": "off"},
    )
    reason = reason_field(Required("Say why: it stays in the history."))
