"""A review of a studio, and the owner's answer to one."""

from typing import Any

from wtforms import BooleanField, Field, HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, Length, ValidationError

from portal.core.forms import BaseForm
from portal.directory.folding import one_line
from portal.directory.forms.studio_input import text_lines
from portal.directory.reviews.text import (
    LONGEST_ANSWER,
    LONGEST_TEXT,
    SHORTEST_ANSWER,
    SHORTEST_TEXT,
    Words,
)

STARS = {
    "5": "5 stars, excellent",
    "4": "4 stars, good",
    "3": "3 stars, fair",
    "2": "2 stars, poor",
    "1": "1 star, bad",
}
LINKS = "Web addresses become links; everything else is shown as you type it."


def text(label: str, fewest: int, most: int, *, rows: int) -> TextAreaField:
    """`fewest` counts what is between words once: empty lines are no text."""

    def is_long_enough(_form: BaseForm, field: Field) -> None:
        if len(one_line(field.data)) < fewest:
            raise ValidationError(f"Write at least {fewest} characters.")

    return TextAreaField(
        label,
        description=f"{fewest} to {most:,} characters. {LINKS}",
        filters=[text_lines],
        validators=[
            is_long_enough,
            Length(max=most, message=f"At most {most:,} characters, please."),
        ],
        render_kw={"rows": rows},
    )


class ReviewForm(BaseForm):
    """`version` is the mark of the words that are changed, empty for a new review; `preview` has a
    value where the person only wants to see what it looks like."""

    stars = RadioField(
        "How was it?",
        choices=[],
        validate_choice=False,
        validators=[AnyOf(STARS, message="Choose 1 to 5 stars.")],
    )
    text = text("Your review", SHORTEST_TEXT, LONGEST_TEXT, rows=10)
    is_anonymous = BooleanField(
        "Show it without my name",
        description="Visitors and the studio’s owner don’t see who wrote it. This site’s staff do.",
    )
    version = HiddenField()
    preview = HiddenField()

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.stars.choices = [SelectChoice(value, label) for value, label in STARS.items()]

    @property
    def words(self) -> Words:
        return Words(int(self.stars.data), self.text.data, bool(self.is_anonymous.data))

    @staticmethod
    def values_of(words: Words) -> dict[str, Any]:
        return {
            "stars": str(words.stars),
            "text": words.text,
            "is_anonymous": words.is_anonymous,
        }


class ReviewAnswerForm(BaseForm):
    body = text("Your answer", SHORTEST_ANSWER, LONGEST_ANSWER, rows=6)
