"""A person claims a studio; the studio's mailbox answers."""

from wtforms import HiddenField, TextAreaField
from wtforms.validators import AnyOf, Length

from portal.core.forms import BaseForm, storable, stripped
from portal.directory.forms.messages import plain_lines

LONGEST = 2000
YES, NO = "yes", "no"


class ClaimForm(BaseForm):
    message = TextAreaField(
        "What should the people who run this site know?",
        description="Optional. For example how you are connected to the studio, or how they can"
        " check that. Only they read it.",
        filters=[storable, plain_lines, stripped],
        validators=[Length(max=LONGEST, message=f"At most {LONGEST:,} characters, please.")],
        render_kw={"rows": 5},
    )


class ClaimAnswerForm(BaseForm):
    """Which of the two buttons was pressed."""

    answer = HiddenField(validators=[AnyOf([YES, NO], message="Choose yes or no.")])

    @property
    def is_yes(self) -> bool:
        return bool(self.answer.data == YES)
