"""The shape of what a run's page sends; the rules are the services'."""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portal.core.errors import Invalid
from portal.runbooks.page import Typed

INPUT = "input-"
STAGE = "stage-"


@dataclass(frozen=True)
class StepForm:
    """`version` is that of the run when the page was made."""

    version: int
    ticks: set[int]
    note: str | None
    evidence: str | None
    phrase: str

    @property
    def typed(self) -> Typed:
        return Typed(ticks=self.ticks, note=self.note, evidence=self.evidence)


def read_step(form: MultiDict[str, str]) -> StepForm:
    """Raises Invalid when what a page always sends is missing."""
    return StepForm(
        version=read_version(form),
        ticks={int(tick) for tick in form.getlist("tick") if tick.isdecimal() and len(tick) < 6},
        note=form.get("note"),
        evidence=form.get("evidence"),
        phrase=form.get("phrase", ""),
    )


def read_version(form: MultiDict[str, str]) -> int:
    version = form.get("version", "")
    if not (version.isascii() and version.isdecimal()) or len(version) > 12:
        raise Invalid("The request does not say which state of the run it is about.")
    return int(version)


def read_inputs(form: MultiDict[str, str]) -> dict[str, str]:
    return {key.removeprefix(INPUT): form[key] for key in form if key.startswith(INPUT)}
