"""Decisions of staff on what waits in the queue; a refusal has a reason, which its reader gets."""

from wtforms import Field, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import TextArea

from portal.core.forms import BaseForm, storable, stripped
from portal.directory.folding import one_line
from portal.directory.reports.problems import LONGEST_OUTCOME

LONGEST_REASON = 300
FOR_REVIEWS = (
    "It is not about work or a session at this studio.",
    "It insults or threatens somebody.",
    "It names personal details, such as a phone number or an address.",
    "It is advertising.",
    "It can’t be understood.",
)
FOR_PICTURES = (
    "It does not show the studio.",
    "It shows people who may not have agreed to it.",
    "Somebody else has the rights to it.",
    "It is offensive.",
    "It is advertising.",
)
APPROVE, ACCEPT, REFUSE, REMOVE, CLOSE, UNDO = (
    *("approve", "accept", "refuse", "remove", "close", "undo"),
)


def reason_field(reasons: tuple[str, ...]) -> SelectField:
    return SelectField(
        "Reason",
        choices=[
            SelectChoice("", "Choose a reason"),
            *(SelectChoice(each, each) for each in reasons),
        ],
        validate_choice=False,  # texts of the release before; whatever is sent is plain text
        default="",
        filters=[storable, stripped],
        validators=[Length(max=LONGEST_REASON)],
    )


class DecisionForm(BaseForm):
    """`decision` is the button. `reason` and `text` together are what the reader gets."""

    decision = HiddenField()
    text = StringField(
        "In your own words",
        widget=TextArea(),
        filters=[storable, stripped],
        validators=[Length(max=LONGEST_REASON, message="At most 300 characters, please.")],
        render_kw={"rows": 3},
    )

    def subject_of(self, field: Field) -> str:
        """Services call the whole reason `because`."""
        return "because" if field is self.text else str(field.short_name)

    @property
    def because(self) -> str:
        chosen = one_line(self["reason"].data) if "reason" in self else ""
        return " ".join(filter(None, [chosen, one_line(self.text.data)]))


class ReviewDecisionForm(DecisionForm):
    reason = reason_field(FOR_REVIEWS)
    seen = HiddenField(filters=[storable])


class PictureDecisionForm(DecisionForm):
    reason = reason_field(FOR_PICTURES)


class ReportDecisionForm(DecisionForm):
    outcome = StringField(
        "What was done",
        description="For other staff alone.",
        filters=[storable, stripped],
        validators=[Length(max=LONGEST_OUTCOME, message="At most 300 characters, please.")],
    )
