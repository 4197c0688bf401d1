"""Each action of the audit log is one of the table of permissions, or of what has no route.

So that no row promises an action that nothing records, and nothing is recorded that nobody listed.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache

from portal.accounts.permissions.table import EXPORTED, PERMISSIONS
from portal.audit.reading.sentences import PHRASES
from tests.house.tree import parsed, tracked
from tests.support.nothing import require_none

ACTION = re.compile(r"[a-z]+\.[a-z]+(-[a-z]+)*")
RECORDS = re.compile(
    r"record(_now|_operation|_event)?|append|tell|Refusal|conflict|forbidden|refuse|count_refusal|"
    r"require_\w+|hold_\w+|take_turn|consume_allowance|_record|_turn|_keep_an_admin"
)

#: Recorded by readers, the worker, commands, and refusals before a route is known.
WITHOUT_A_ROUTE = {
    "access.refused",
    "studio.handed-over",
    "login.failed",
    "login.throttled",
    "link.throttled",
    "site.throttled",
    "refusals.counted",
    "request.refused",
    "audit.read",
    "audit.verified",
    "audit.exported",
    "audit.checkpoint-taken",
    "report.read",
    "incident.drafted",
    "operation.started",
    "operation.finished",
    "step.ticked",
    "step.unticked",
    "step.evidenced",
    "step.skipped",
    "run.finished",
    "message.approval-refused",
    "message.refill-refused",
    "message.confirmation-refused",
    "message.key-covered",
    "step.settled",
    "backup.recovered",
    "verification.unfinished",
    "document.picture-deleted",
    "event.unreadable",
    "picture.removed",
    "picture.reopened",
    "picture.returned",
    "report.reopened",
    "review.refused",
    "review.removed",
    "studio.deleted",
    "studio.featured",
    "studio.hidden",
    "studio.imported",
    "studio.published",
    "studio.returned",
    "studio.unfeatured",
    "studio.unverified",
    "studio.verified",
    "picture.deleted",
    "picture.throttled",
    "backup.taken",
    "backup.copied",
    "backup.fetched",
    "backup.removed",
    "backup.damaged",
    "backup.used",
    "catalogue.rebuilt",
    "backup.set-aside",
    "backup.wiped",
    "maintenance.begun",
    "maintenance.ended",
    "migration.started",
    "migration.finished",
    "migration.refused",
    "outage.ended",
    "outage.explained",
    "outage.opened",
    "outage.returned",
    "plan.sealed",
    "plan.voided",
    "restore.started",
    "restore.finished",
    "revision.accepted",
    "revision.first-seen",
    "rights.renewed",
    "sync.started",
    "sync.finished",
    "target.adopted",
    "target.created",
    "target.taken-over",
    "ticket.issued",
    "ticket.objects-explained",
    "ticket.confirmed",
    "ticket.approved",
    "verification.failed",
}


@cache
def recorded() -> set[str]:
    """Every action that stands as a word in a call that records, refuses, or hands it on."""
    found: set[str] = set()
    for path in tracked("portal/*.py"):
        if path.name not in {"permissions.py", "permission.py"}:
            found |= set(actions_in(parsed(path)))
    return found | set(noted_in_directories())


def noted_in_directories() -> Iterator[str]:
    """What staff do there becomes an entry by an event: its action stands beside the act, in a call
    or under a name of its own."""
    for path in tracked("portal/directory/*.py"):
        if path.name != "words.py":
            nodes = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant))
            yield from (each.value for each in nodes if each.value in PHRASES)


def actions_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and RECORDS.fullmatch(called(node)):
            given = [*node.args, *(each.value for each in node.keywords if each.arg == "action")]
            yield from (word for each in given for word in words_of(each))
        elif isinstance(node, ast.arg | ast.FunctionDef):
            yield from defaults(node)
        elif isinstance(node, ast.Assign) and any(is_action(target) for target in node.targets):
            yield from words_of(node.value)


def defaults(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef):
        for each in (*node.args.defaults, *(one for one in node.args.kw_defaults if one)):
            yield from words_of(each)


def words_of(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node) if isinstance(node, ast.Constant | ast.IfExp) else ():
        text = each.value if isinstance(each, ast.Constant) else None
        if isinstance(text, str) and ACTION.fullmatch(text):
            yield text


def is_action(target: ast.AST) -> bool:
    return isinstance(target, ast.Name) and target.id.lower() == "action"


def called(node: ast.Call) -> str:
    function = node.func
    return getattr(function, "attr", None) or getattr(function, "id", "")


def test_every_row_s_action_is_recorded_somewhere():
    promised = {row.action for row in PERMISSIONS.values() if row.action} - {EXPORTED}
    require_none(
        promised - recorded(),
        "Promised by a row of the permissions and recorded nowhere: call record() with it",
    )


def test_every_action_is_a_row_s_or_listed_as_having_no_route():
    promised = {row.action for row in PERMISSIONS.values() if row.action}
    unlisted = recorded() - promised
    require_none(
        unlisted - WITHOUT_A_ROUTE,
        "Name these in the row of their route (portal/accounts/permissions), or in WITHOUT_A_ROUTE"
        " of tests/house/test_audit_actions.py",
    )
    require_none(
        WITHOUT_A_ROUTE - unlisted,
        "Recorded nowhere, or in a row by now: remove these from WITHOUT_A_ROUTE",
    )
