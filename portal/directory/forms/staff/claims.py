"""Staff refuse a claim, or take a granted one back: with a reason that the person reads."""

from wtforms import TextAreaField
from wtforms.validators import Length

from portal.core.forms import BaseForm, Required, storable, stripped
from portal.directory.forms.messages import on_one_line

LONGEST = 300


class ReasonForm(BaseForm):
    reason = TextAreaField(
        "Reason",
        description="The person reads it in the email about it.",
        filters=[storable, on_one_line, stripped],
        validators=[
            Required("Write why."),
            Length(max=LONGEST, message=f"At most {LONGEST} characters, please."),
        ],
        render_kw={"rows": 3},
    )
