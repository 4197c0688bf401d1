"""What an entry says, as a sentence after the name of who did it.

Each action has a phrase that begins with a verb: “start a change of {target}”. Done, it is in the
past tense; otherwise it was tried. What a phrase names and the entry lacks is left out.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from portal.audit.models import Outcome

PHRASES = {
    "access.refused": "open {target}",
    "account.created": "create {account}",
    "account.disabled": "disable {account}",
    "account.enabled": "enable {account} again",
    "account.role-changed": "change the role of {account}",
    "account.zone-chosen": "choose a time zone",
    "action.requested": "start the action of a step",
    "approval.requested": "ask by email for an approval",
    "audit.checkpoint-taken": "take a checkpoint of the audit log",
    "audit.exported": "export the audit log",
    "audit.read": "read the audit log",
    "audit.verified": "verify the audit log",
    "backup.copied": "copy backup {subject} off this machine",
    "backup.damaged": "find backup {subject} damaged",
    "backup.fetched": "fetch backup {subject} from the store",
    "backup.recovered": "find backup {subject} whole again",
    "backup.removed": "remove backup {subject}",
    "backup.set-aside": "set {subject} aside",
    "backup.taken": "take backup {subject} of {target}",
    "backup.used": "use backup {subject}",
    "backup.wiped": "wipe {subject}",
    "batch.requested": "act on studios of {target}",
    "batch.undone": "take an action on studios of {target} back",
    "catalogue.rebuilt": "enter backup {subject} into the catalogue",
    "claim.granted": "grant {subject}",
    "claim.refused": "refuse {subject}",
    "claim.undone": "take {subject} back",
    "contact.added": "add {subject}",
    "contact.archived": "archive {subject}",
    "contact.changed": "change {subject}",
    "contact.login-connected": "connect a login to {subject}",
    "contact.login-disconnected": "disconnect the login of {subject}",
    "contact.restored": "restore {subject}",
    "document.picture-deleted": "delete picture {subject}",
    "document.picture-kept": "add picture {subject}",
    "document.published": "publish {subject}",
    "document.withdrawn": "withdraw {subject}",
    "drift.accepted": "accept the drift of {target}",
    "drift.withdrawn": "withdraw the acceptance of the drift of {target}",
    "event.unreadable": "find an event of {target} that can’t be read",
    "export.downloaded": "download an export",
    "import.chosen": "choose what becomes of doubtful rows of a file of studios",
    "import.discarded": "discard a file of studios",
    "import.mapped": "map the columns of a file of studios",
    "import.uploaded": "upload a file of studios",
    "incident.acknowledged": "acknowledge incident {target}",
    "incident.cancelled": "cancel maintenance {target}",
    "incident.discarded": "discard the draft of incident {target}",
    "incident.drafted": "draft incident {target}",
    "incident.handed-over": "hand over incident {target}",
    "incident.held": "hold back an update of incident {target}",
    "incident.opened": "open incident {target}",
    "incident.updated": "write an update of incident {target}",
    "link.created": "create a private link to {target}",
    "link.throttled": "open private links too often",
    "link.withdrawn": "withdraw a private link to {target}",
    "login.failed": "log in",
    "login.renewed": "log in again",
    "login.succeeded": "log in",
    "login.throttled": "log in too often",
    "mailing.created": "draft messages ({subject})",
    "maintenance.begun": "switch {target} to read-only",
    "maintenance.ended": "end the read-only mode of {target}",
    "message.approval-refused": "approve {subject}",
    "message.approved": "approve {subject}",
    "message.confirmation-ended": "take back a confirmation of {subject}",
    "message.confirmation-refused": "confirm a finding of {subject}",
    "message.confirmed": "confirm that {subject} arrived",
    "message.corrected": "draft a correction of {subject}",
    "message.edited": "edit {subject}",
    "message.finding-confirmed": "confirm a finding of {subject}",
    "message.key-covered": "cover keys in the copy of {subject}",
    "message.lost": "record that {subject} did not arrive",
    "message.refill-refused": "fill in {subject} again",
    "message.reopened": "take back the approval of {subject}",
    "message.sent-again": "send {subject} again",
    "message.tested": "send a test of {subject}",
    "message.withdrawn": "withdraw {subject}",
    "migration.finished": "finish the migration of {target}",
    "migration.refused": "migrate {target}",
    "migration.started": "start the migration of {target}",
    "notices.address-added": "add an address for notices",
    "notices.address-removed": "remove an address for notices",
    "notices.address-restored": "restore an address for notices",
    "operation.finished": "finish “{kind}” on {target}",
    "operation.requested": "request “{kind}” on {target}",
    "operation.started": "start “{kind}” on {target}",
    "operation.stop-requested": "stop “{kind}” on {target}",
    "organisation.archived": "archive {subject}",
    "organisation.changed": "change {subject}",
    "organisation.created": "add {subject}",
    "organisation.restored": "restore {subject}",
    "outage.acknowledged": "acknowledge {subject}",
    "outage.ended": "see the end of {subject}",
    "outage.explained": "find the cause of {subject}",
    "outage.opened": "open {subject}",
    "outage.returned": "open {subject} again",
    "override.given": "override a rule on {target}",
    "override.withdrawn": "withdraw an override on {target}",
    "password.changed": "change the password",
    "password.reset": "reset the password of {account}",
    "people.merged": "merge {subject} with another account",
    "people.parted": "take the merging of {subject} back",
    "person.confirmed": "confirm the address of {subject}",
    "person.disabled": "disable {subject}",
    "person.enabled": "enable {subject} again",
    "person.sessions-ended": "end the sessions of {subject}",
    "picture.accepted": "accept {subject}",
    "picture.deleted": "delete picture {subject}",
    "picture.removed": "remove {subject}",
    "picture.reopened": "look at {subject} once more",
    "picture.returned": "put {subject} back",
    "picture.throttled": "send too many pictures",
    "plan.sealed": "lock the plan of a change of {target}",
    "plan.voided": "void the plan of a change of {target}",
    "probe.changed": "change a probe of {target}",
    "process.declared-dead": "declare a process dead",
    "question.answered": "answer a question on {target}",
    "question.asked": "ask a question on {target}",
    "reading.confirmed": "confirm having read {target}",
    "refusals.counted": "send refused requests to {target}",
    "report.begun": "begin a report of incident {target}",
    "report.closed": "close {subject}",
    "report.read": "read {target}",
    "report.reopened": "open {subject} again",
    "report.shared": "share {target} with clients",
    "report.unshared": "stop sharing {target}",
    "reports.left-with-staff": "leave reports with the staff",
    "request.refused": "send a request to {target}",
    "restore.finished": "finish the restore of {target}",
    "restore.started": "start a restore of {target}",
    "review.approved": "approve {subject}",
    "review.refused": "refuse {subject}",
    "review.removed": "remove {subject}",
    "revision.accepted": "accept a revision of {target}",
    "revision.first-seen": "see a revision of {target} for the first time",
    "rights.renewed": "renew the rights of the roles on {target}",
    "run.aborted": "abort {run}",
    "run.finished": "finish {run}",
    "run.started": "start {run}",
    "run.taken-over": "take over {run}",
    "session.declared-known": "declare a session of {subject} on {target} known",
    "session.ended": "end a login session",
    "session.known-ended": "end the exception for sessions of {subject} on {target}",
    "site.throttled": "use the pages of the site too often",
    "stage.confirmed": "confirm step {step} of {run}",
    "step.completed": "complete step {step} of {run}",
    "step.confirmed": "type the phrase of step {step} of {run}",
    "step.evidenced": "give the evidence of step {step} of {run}",
    "step.noted": "note something at step {step} of {run}",
    "step.settled": "settle step {step} of {run}",
    "step.skipped": "skip step {step} of {run}",
    "step.ticked": "tick a box in step {step} of {run}",
    "step.unticked": "untick a box in step {step} of {run}",
    "studio.changed": "change {subject}",
    "studio.deleted": "delete {subject}",
    "studio.featured": "feature {subject}",
    "studio.handed-over": "hand {subject} over",
    "studio.hidden": "hide {subject}",
    "studio.imported": "import {subject}",
    "studio.published": "publish {subject}",
    "studio.returned": "return {subject}",
    "studio.unfeatured": "end the featuring of {subject}",
    "studio.unverified": "withdraw the verification of {subject}",
    "studio.verified": "verify {subject}",
    "sync.finished": "finish the sync of {target}",
    "sync.started": "start a sync of {target}",
    "target.address-changed": "change the public address of {target}",
    "target.adopted": "adopt {target}",
    "target.created": "create {target}",
    "target.taken-over": "take {target} over from another control room",
    "ticket.approved": "approve the change of {target}",
    "ticket.confirmed": "confirm the change of {target}",
    "ticket.issued": "prepare a change of {target}",
    "ticket.objects-explained": "explain changed objects of {target}",
    "verification.failed": "verify the change of {target}",
    "verification.unfinished": "finish the verification of the change of {target}",
    "window.announced": "announce a window for {target}",
    "window.rule-changed": "change the rule for windows of {target}",
    "window.withdrawn": "withdraw a window of {target}",
}
_IRREGULAR = {
    "begin": "began",
    "cancel": "cancelled",
    "choose": "chose",
    "find": "found",
    "give": "gave",
    "hold": "held",
    "leave": "left",
    "override": "overrode",
    "read": "read",
    "reset": "reset",
    "see": "saw",
    "send": "sent",
    "set": "set",
    "take": "took",
    "withdraw": "withdrew",
    "write": "wrote",
}
_TRIED = (Outcome.REFUSED, Outcome.FAILED)

Kinds = Callable[[str], str]

_kinds: list[Kinds] = []


def name_kinds_by(title: Kinds) -> None:
    """How an operation's kind is called; set once, by the application."""
    _kinds[:] = [title]


def sentence_of(action: str, outcome: Outcome, said: Mapping[str, Any]) -> str:
    """Goes on after a name: “approved the change of production”. `said` is the entry's record."""
    if action not in PHRASES:
        return " · ".join(filter(None, (in_words(action), _name(said.get("target")))))
    phrase = _filled(PHRASES[action], said)
    verb, _, rest = phrase.partition(" ")
    if outcome in _TRIED:
        return f"tried to {phrase}"
    return f"{_past(verb)} {rest}".strip()


def in_words(action: str) -> str:
    """“login.succeeded” as “login succeeded”."""
    return action.replace(".", " ").replace("-", " ")


def _past(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return f"{verb}d"
    if verb in {"log", "stop", "skip"}:
        return f"{verb}{verb[-1]}ed"
    return f"{verb[:-1]}ied" if verb in {"copy", "verify"} else f"{verb}ed"


def _filled(phrase: str, said: Mapping[str, Any]) -> str:
    details = said.get("details") or {}
    kind = str(details.get("kind") or "")
    given = {
        "target": _name(said.get("target")),
        "subject": _name(said.get("subject")),
        "account": _name(said.get("target")) or _name(said.get("subject")),
        "run": f"run {details['run']}" if details.get("run") else "a run",
        "step": f"“{details['step']}”" if details.get("step") else "",
        "kind": _kinds[0](kind) if _kinds and kind else kind,
    }
    for name in re.findall(r"\{(\w+)\}", phrase):
        if not given[name]:
            phrase = re.sub(rf"(?:\s(?:of|on|to|for|from))?\s[(“]?\{{{name}\}}[)”]?", "", phrase)
    return phrase.format_map(given)


def _name(value: object) -> str:
    """“messages/12” as “message 12”, “incidents/outage” as “outage”."""
    text = str(value or "")
    table, slash, row = text.partition("/")
    if not slash or not table.isidentifier():
        return text
    return f"{table.removesuffix('s').replace('_', ' ')} {row}" if row.isdecimal() else row
