"""A visitor's report of a problem."""

from wtforms import EmailField, Field, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError
from wtforms.widgets import TextArea

from portal.accounts.checks import email_address
from portal.core.errors import Invalid
from portal.core.forms import BaseForm, Required, storable, stripped
from portal.directory.forms.messages import LONGEST_EMAIL, plain_lines
from portal.directory.reports.problems import LABELS, LONGEST_TEXT, Problem
from portal.directory.reports.service import Words
from portal.directory.reports.subjects import WHOLE, Reported


class ReportForm(BaseForm):
    """`website` is hidden from people: robots fill it in."""

    about = SelectField(
        "What is it about?",
        choices=[],
        default=WHOLE,
        validate_choice=False,  # the service knows what the studio has
        filters=[storable],
        validators=[Required("Choose what it is about.")],
    )
    problem = RadioField(
        "What is the problem?",
        choices=[SelectChoice(each.value, label) for each, label in LABELS.items()],
        validators=[Required("Choose what the problem is.")],
    )
    body = StringField(
        "More about it",
        description="Optional, unless you chose “Something else”. What is wrong?",
        widget=TextArea(),
        filters=[storable, plain_lines, stripped],
        validators=[
            Length(max=LONGEST_TEXT, message=f"At most {LONGEST_TEXT:,} characters, please.")
        ],
        render_kw={"rows": 6},
    )
    email = EmailField(
        "Your email address",
        description="Optional, for an answer. Only the people who run this site see it.",
        filters=[storable, stripped],
        validators=[
            Length(max=LONGEST_EMAIL, message="An email address has at most 254 characters.")
        ],
        render_kw={"autocomplete": "email"},
    )
    website = StringField("Leave this empty", render_kw={"autocomplete": "off", "tabindex": "-1"})

    def offer(self, studio: Reported) -> None:
        """Fill in what a report about this studio can be about."""
        self.about.choices = [SelectChoice(each.value, each.label) for each in studio.subjects]

    def validate_body(self, field: Field) -> None:
        if not field.data and self.problem.data == Problem.OTHER.value:
            raise ValidationError("Say what the problem is.")

    def validate_email(self, field: Field) -> None:
        """Normalised where it is one."""
        if not field.data:
            return
        try:
            field.data = email_address(field.data)
        except Invalid as error:
            raise ValidationError(str(error)) from None

    @property
    def words(self) -> Words:
        return Words(Problem(self.problem.data), self.body.data or None, self.email.data or None)

    @property
    def is_of_a_robot(self) -> bool:
        return bool(self.website.data)
