"""A visitor's message to the owner of a studio, and the owner's answer."""

from typing import Any

from wtforms import EmailField, Field, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError

from portal.accounts.checks import email_address
from portal.core.errors import Invalid
from portal.core.forms import BaseForm, Required, storable, stripped
from portal.directory.folding import one_line, visible

LONGEST_NAME, LONGEST_EMAIL, LONGEST_TEXT = 100, 254, 5000
WITHOUT, WITH = "without", "with"


def plain_lines(value: Any) -> Any:
    """A filter: line ends as one character each, as they are counted and stored."""
    if not isinstance(value, str):
        return value
    return visible(value.replace("\r\n", "\n").replace("\r", "\n"))


def on_one_line(value: Any) -> Any:
    return visible(one_line(value)) if isinstance(value, str) else value


def text_field(label: str, what: str) -> TextAreaField:
    return TextAreaField(
        label,
        filters=[storable, plain_lines, stripped],
        validators=[
            Required(f"Write {what}."),
            Length(max=LONGEST_TEXT, message=f"At most {LONGEST_TEXT:,} characters, please."),
        ],
        render_kw={"rows": 8},
    )


class ContactForm(BaseForm):
    """`website` is hidden from people: robots fill it in."""

    name = StringField(
        "Your name",
        filters=[on_one_line],
        validators=[
            Required("Fill in your name."),
            Length(max=LONGEST_NAME, message=f"A name has at most {LONGEST_NAME} characters."),
        ],
        render_kw={"autocomplete": "name"},
    )
    email = EmailField(
        "Your email address",
        description="For the answer. Only the studio’s owner gets it.",
        filters=[storable, stripped],
        validators=[
            Required("Fill in your email address."),
            Length(max=LONGEST_EMAIL, message="An email address has at most 254 characters."),
        ],
        render_kw={"autocomplete": "email"},
    )
    message = text_field("Message", "your message")
    website = StringField("Leave this empty", render_kw={"autocomplete": "off", "tabindex": "-1"})

    def validate_email(self, field: Field) -> None:
        """Normalised where it is one."""
        try:
            field.data = email_address(field.data)
        except Invalid as error:
            raise ValidationError(str(error)) from None

    @property
    def is_of_a_robot(self) -> bool:
        return bool(self.website.data)


class AnswerForm(BaseForm):
    """`address` is the owner's, as this form showed it: what is given is what was read."""

    body = text_field("Your answer", "your answer")
    way = RadioField(
        "Your email address", choices=[SelectChoice(WITHOUT), SelectChoice(WITH)], default=WITHOUT
    )
    address = HiddenField()

    def offer(self, address: str, to: str) -> None:
        """Say which address would be given, and to whom."""
        self.address.data = address
        self.way.choices = [
            SelectChoice(
                WITHOUT,
                f"Keep it hidden. {to} can’t reply to your answer, only write to you again"
                " from your studio’s page.",
            ),
            SelectChoice(
                WITH, f"Give {to} my address, {address}, so that they can reply to me by mail."
            ),
        ]

    @property
    def revealed(self) -> str | None:
        return (self.address.data or "") if self.way.data == WITH else None
