"""Forms of the client area, of answers, and of sharing."""

from wtforms import HiddenField, IntegerField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import Length, NumberRange, ValidationError

from portal.core.forms import BaseForm, Required, stripped
from portal.incidents.client_area.links import DAYS, MOST_DAYS
from portal.incidents.client_area.questions import LONGEST


def _number(text: object) -> int:
    """0 if it is none, which no row has."""
    digits = str(text)
    return int(digits) if digits.isdecimal() and len(digits) < 10 else 0


class ConfirmationForm(BaseForm):
    """`sha256` is the hash of the text on the page."""

    sha256 = HiddenField()


class QuestionForm(BaseForm):
    text = TextAreaField(
        "Your question",
        filters=[stripped],
        validators=[Required("Write your question first."), Length(max=LONGEST)],
        render_kw={"rows": 4, "maxlength": LONGEST},
    )


class AnswerForm(BaseForm):
    text = TextAreaField(
        "Answer",
        filters=[stripped],
        validators=[Required("Write an answer first."), Length(max=LONGEST)],
        render_kw={"rows": 3, "maxlength": LONGEST},
    )


class LinkForm(BaseForm):
    contact = SelectField("For", coerce=_number, validate_choice=False)
    days = IntegerField(
        "Valid for (days)",
        default=DAYS,
        validators=[NumberRange(1, MOST_DAYS, message=f"Choose 1 to {MOST_DAYS} days.")],
    )

    def validate_contact(self, field: SelectField) -> None:
        if not field.data:
            raise ValidationError("Choose a contact.")


class SharingForm(BaseForm):
    """`seen` is the key of the proposal that was shown: a text and its readers."""

    seen = HiddenField()


class UnsharedForm(BaseForm):
    """The reports to share; `seen` is empty until they were reviewed together."""

    report = SelectMultipleField(validate_choice=False)
    seen = HiddenField()
