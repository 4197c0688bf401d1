"""Pictures of one's own studio: files, their order, and an alternative text."""

from typing import Any

from flask_wtf.file import MultipleFileField
from wtforms import StringField
from wtforms.validators import Length, Optional, Regexp, ValidationError

from portal.core.forms import BaseForm, storable, stripped
from portal.directory.uploads.limits import LONGEST_TEXT, MEDIA_TYPES

OUT_OF_DATE = "The order can’t be read. Reload the page and try again."


class PicturesForm(BaseForm):
    pictures = MultipleFileField("Choose pictures", render_kw={"accept": MEDIA_TYPES})

    def validate_pictures(self, field: MultipleFileField) -> None:
        if not field.data:
            raise ValidationError("Choose at least one picture.")


class OrderForm(BaseForm):
    """`order` are the ids of all pictures; `move` is one of them and a direction."""

    order = StringField(validators=[Regexp(r"\d{1,9}(,\d{1,9}){0,99}\Z", message=OUT_OF_DATE)])
    move = StringField(validators=[Optional(), Regexp(r"\d{1,9} (up|down)\Z", message=OUT_OF_DATE)])

    @property
    def numbers(self) -> list[int]:
        """The order that is asked for."""
        numbers = [int(each) for each in self.order.data.split(",")]
        if not self.move.data:
            return numbers
        moved, _, direction = self.move.data.partition(" ")
        return _moved(numbers, int(moved), -1 if direction == "up" else 1)


class TextForm(BaseForm):
    text = StringField(
        "What does it show?",
        filters=[stripped, storable],
        validators=[Length(max=LONGEST_TEXT, message=f"{LONGEST_TEXT} characters at most.")],
        render_kw={
            "maxlength": LONGEST_TEXT,
            "placeholder": "The booth, with a microphone on its arm",
            "autocomplete": "off",
        },
    )


def _moved(numbers: list[int], number: int, by: int) -> list[int]:
    """One that is at the end already, or not among them, moves nowhere."""
    found: list[Any] = list(numbers)
    at = found.index(number) if number in found else -1
    to = at + by
    if at >= 0 and 0 <= to < len(found):
        found[at], found[to] = found[to], found[at]
    return found
