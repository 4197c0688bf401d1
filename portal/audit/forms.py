"""The filter form of the log, sent by GET."""

from wtforms import DateTimeLocalField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from portal.audit.models import Outcome
from portal.core.forms import BaseForm, stripped

OUTCOMES = {Outcome.INTENT: "started"}
"""Words on the page, where they differ from the stored ones."""


class FilterForm(BaseForm):
    class Meta:
        csrf = False

    actor = StringField("Who", filters=[stripped], validators=[Length(max=100)])
    action = StringField("Action", filters=[stripped], validators=[Length(max=100)])
    target = StringField("Target", filters=[stripped], validators=[Length(max=200)])
    outcome = SelectField(
        "Outcome",
        choices=[
            SelectChoice("", "Any"),
            *(SelectChoice(each.value, OUTCOMES.get(each, each.value)) for each in Outcome),
        ],
        default="",
    )
    since = DateTimeLocalField("From (UTC)", format="%Y-%m-%dT%H:%M", validators=[Optional()])
    until = DateTimeLocalField("To (UTC)", format="%Y-%m-%dT%H:%M", validators=[Optional()])
