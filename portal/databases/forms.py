"""One form for each action on a database. Forms check shape, services check rules."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import DateTimeLocalInput

from portal.core.forms import BaseForm, storable, stripped
from portal.databases.policies.maintenance import LONGEST_REASON as LONGEST_NOTICE
from portal.databases.policies.windows import LONGEST_SUMMARY

LONGEST_REASON, LONGEST_NAME = 500, 300
YEARS = range(2000, 3000)
WHEN = "Give the day and the time for both ends."


def _at_most(length: int) -> Length:
    return Length(max=length, message=f"Keep it below {length} characters.")


def _reason(length: int, *, needed: bool = True) -> StringField:
    asked = [InputRequired(message="Say why; it is kept.")] if needed else []
    return StringField(filters=[storable, stripped], validators=[*asked, _at_most(length)])


def _name() -> HiddenField:
    return HiddenField(filters=[storable], validators=[_at_most(LONGEST_NAME)])


class TargetForm(BaseForm):
    """Which database it is about."""

    target = _name()


class BackupForm(TargetForm):
    reason = _reason(300, needed=False)


class ReasonForm(BaseForm):
    reason = _reason(LONGEST_REASON)


class MaintenanceForm(BaseForm):
    """The reason is public."""

    reason = _reason(LONGEST_NOTICE)


class OverrideForm(ReasonForm):
    """`subject` is what the override allows: a revision, or the hash of a plan."""

    subject = _name()


class ChangeForm(BaseForm):
    """What the runbook of a change requires; the runbook itself says what it needs."""

    reason = _reason(2000, needed=False)
    maintenance = BooleanField()


class RestoreForm(BaseForm):
    """`text` is the phrase, exactly as it was typed."""

    text = StringField(filters=[storable], validators=[_at_most(300)])


class AdoptionForm(ReasonForm):
    """`text` is the phrase, exactly as it was typed."""

    text = StringField(filters=[storable], validators=[_at_most(300)])


class WindowRuleForm(BaseForm):
    required = SelectField(choices=["yes", "no"])


class WindowForm(BaseForm):
    target = SelectField("Target", validate_choice=False)
    starts = StringField("From", widget=DateTimeLocalInput(), render_kw={"required": True})
    ends = StringField("To", widget=DateTimeLocalInput(), render_kw={"required": True})
    summary = StringField(
        "What it is for",
        description="Of production it is public: everybody’s calendar shows it.",
        filters=[storable],
        validators=[
            InputRequired(message="Say what it is for."),
            Length(max=LONGEST_SUMMARY, message=f"{LONGEST_SUMMARY} characters at most."),
        ],
    )

    def validate_starts(self, field: StringField) -> None:
        _local(field.data)

    def validate_ends(self, field: StringField) -> None:
        _local(field.data)

    def moment(self, name: str, zone: str) -> datetime:
        """The field of a valid form as UTC: the browser sends a local time of that zone."""
        local = _local(self[name].data)
        return local.replace(tzinfo=local.tzinfo or ZoneInfo(zone)).astimezone(UTC)


def _local(text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        raise ValidationError(WHEN) from None
    if at.year not in YEARS:
        raise ValidationError(WHEN)
    return at
