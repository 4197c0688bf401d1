"""One form for each action on a database. Forms check shape, services check rules."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import Length, ValidationError
from wtforms.widgets import DateTimeLocalInput

from portal.accounts.login.password_in_form import TakesPassword
from portal.core.forms import BaseForm, ButtonForm, Required, storable, stripped
from portal.databases.policies.maintenance import LONGEST_REASON as LONGEST_NOTICE
from portal.databases.policies.windows import LONGEST_SUMMARY
from portal.databases.sessions.known import LONGEST_ROLE
from portal.databases.targets.config import targets

LONGEST_REASON, LONGEST_NAME = 500, 300
AS_TYPED = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
YEARS = range(2000, 3000)
WHEN = "Give the day and the time for both ends."


def _at_most(length: int) -> Length:
    return Length(max=length, message=f"Keep it below {length} characters.")


def _reason(length: int, *, label: str = "Why", hint: str = "", needed: bool = True) -> StringField:
    asked = [Required("Say why; it is kept.")] if needed else []
    return StringField(
        label,
        description=hint,
        filters=[storable, stripped],
        validators=[*asked, _at_most(length)],
        render_kw={"autocomplete": "off"},
    )


def _phrase() -> StringField:
    """Exactly as it was typed."""
    return StringField(filters=[storable], validators=[_at_most(LONGEST_NAME)], render_kw=AS_TYPED)


def _name() -> HiddenField:
    return HiddenField(filters=[storable], validators=[_at_most(LONGEST_NAME)])


class TargetForm(BaseForm):
    """Which database it is about."""

    target = _name()


class BackupForm(TargetForm):
    reason = _reason(300, label="Reason (optional)", needed=False)


class ReasonForm(BaseForm):
    reason = _reason(LONGEST_REASON)


class EndMaintenanceForm(ButtonForm):
    """`backup`: whose restore is being prepared, to go back to its page."""

    backup = _name()


class MaintenanceForm(EndMaintenanceForm):
    """The reason is public."""

    reason = _reason(LONGEST_NOTICE)


class KnownSessionForm(ReasonForm):
    """The role exactly as the server names it."""

    role = StringField(
        filters=[storable],
        validators=[Required("Name the role."), _at_most(LONGEST_ROLE)],
    )


class OverrideForm(ReasonForm):
    """`subject` is what the override allows: a revision, or the hash of a plan."""

    subject = _name()


class ChangeForm(BaseForm):
    """What the runbook of a change requires; the runbook itself says what it needs."""

    reason = _reason(
        2000,
        label="Why now",
        hint="A sentence for the record: what it is for, and who asked.",
        needed=False,
    )
    maintenance = BooleanField(
        "Maintenance mode around the change",
        description="The directory is read-only from just before until it is done; older processes "
        "are then no reason to wait.",
    )


class RestoreForm(TakesPassword):
    """`lost`: “yes” on a page that said that there is nothing to be replaced."""

    text = _phrase()
    lost = HiddenField()


class AdoptionForm(ReasonForm):
    text = _phrase()


class WindowRuleForm(BaseForm):
    required = SelectField(choices=["yes", "no"])


class WindowForm(BaseForm):
    target = SelectField("Database", validate_choice=False)
    starts = StringField("From", widget=DateTimeLocalInput(), render_kw={"required": True})
    ends = StringField("To", widget=DateTimeLocalInput(), render_kw={"required": True})
    summary = StringField(
        "What it is for",
        description="For production it is public: the calendar feed shows it.",
        filters=[storable],
        validators=[
            Required("Say what it is for."),
            Length(max=LONGEST_SUMMARY, message=f"{LONGEST_SUMMARY} characters at most."),
        ],
    )

    def validate_target(self, field: SelectField) -> None:
        if field.data not in {each.name for each in targets()}:
            raise ValidationError("Choose a database.")

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
