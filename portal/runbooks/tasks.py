"""The worker's task of runbooks: it asks for a confirmation by email."""

from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.storage.database import JsonDict, db
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import Truth, job
from portal.monitoring.notices.addresses import Destination
from portal.monitoring.notices.text import NoticeText
from portal.monitoring.outage_tasks import email_sender
from portal.monitoring.outages.models import NoticeState
from portal.runbooks.engine.asking import ASK, people_asked
from portal.runbooks.engine.queries import run_with_id
from portal.runbooks.models import Run

PATH = "/ops/runs/"
MEANWHILE = "Nothing is changed until then."


def _may_have_arrived(_operation: Operation) -> Truth:
    return OperationState.FAILED, "The message may have arrived.", None


@job(ASK, title="Ask for an approval by email", queue=Queue.QUICK, reconcile=_may_have_arrived)
def ask(_progress: Progress, operation: Operation) -> JsonDict:
    """Raises Conflict if this person can't give it any more, or the message was not taken."""
    destination, text = message_of(operation)
    db.session.rollback()
    result = email_sender()(destination, text)
    if result.state is not NoticeState.SENT:
        raise Conflict(f"The email to {destination.person}: {result.answer}")
    return {"sentence": f"{destination.person} was asked by email."}


def message_of(operation: Operation) -> tuple[Destination, NoticeText]:
    """To whom, and what: the link to the run, and nothing that opens anything."""
    asked = operation.arguments
    run = run_with_id(int(asked["run"]))
    row, by = run.due_row, operation.requested_by
    people = people_asked(row, asked["stage"], by=by) if row else []
    person = next((each for each in people if each.id == asked["account"]), None)
    if row is None or row.step_id != asked["step"] or person is None:
        raise Conflict("Not sent: this approval is not waited for any more.")
    return Destination(person.email, email=person.email, person=person.name), text_for(run, by.name)


def text_for(run: Run, asker: str) -> NoticeText:
    about = f"{asker} asks you to approve “{run.title}”"
    where = f"run {run.number}, {run.target}" if run.target else f"run {run.number}"
    todo = "Open the run, log in, read the plan, and give the second confirmation there."
    link = f"{settings().base_url}{PATH}{run.id}"
    return NoticeText(about, f"{about} ({where}).\n\n{todo} {MEANWHILE}\n\n{link}")
