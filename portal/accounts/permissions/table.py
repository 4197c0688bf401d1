"""Permissions: one row for each route that changes something, or exports.

`enforcement` applies the row to every request; a route without one is refused, and fails the tests.
Views may require more; they never allow what a row refuses.
"""

from dataclasses import replace

from portal.accounts.models import STAFF, Role
from portal.accounts.permissions.directory import DIRECTORY
from portal.accounts.permissions.live_incidents import LIVE
from portal.accounts.permissions.monitoring import MONITORING
from portal.accounts.permissions.permission import Concerns, Fresh, Permission, production
from portal.accounts.permissions.runs import RUNS
from portal.accounts.permissions.site import SITE

ANYBODY = tuple(Role)
ADMINS = (Role.ADMIN,)
CLIENTS = (Role.CLIENT,)
ALWAYS, NEVER = Fresh.ALWAYS, Fresh.NEVER

EXPORTED = "export.downloaded"
REQUESTED = "operation.requested"


def _export(does: str, roles: tuple[Role, ...] = STAFF) -> Permission:
    return Permission(does, roles, ALWAYS, EXPORTED, is_export=True)


def editor(name: str, roles: tuple[Role, ...], noun: str) -> dict[str, Permission]:
    """The editor's pages for a kind of document; drafts and previews affect their author alone."""
    published = Permission(f"publish {noun}", roles, ALWAYS, "document.published")
    return {
        f"{name}.preview_document": Permission(f"preview {noun}", roles, NEVER, None),
        f"{name}.create_document_draft": Permission(f"save a draft of {noun}", roles, NEVER, None),
        f"{name}.update_document_words": Permission(
            f"save a draft of {noun} while typing", roles, NEVER, None
        ),
        f"{name}.delete_document_draft": Permission(f"drop a draft of {noun}", roles, NEVER, None),
        f"{name}.create_document_picture": Permission(
            f"put a picture into {noun}", roles, NEVER, "document.picture-kept"
        ),
        f"{name}.create_document_publication": replace(published, in_view=True),
        f"{name}.create_document_withdrawal": Permission(
            f"withdraw {noun}", roles, ALWAYS, "document.withdrawn"
        ),
        f"{name}.show_document_patch": _export(f"download the changes of {noun}", roles),
        f"{name}.show_document_patches": _export(f"download all changes like {noun}", roles),
    }


LOGIN = {
    "accounts.create_login": Permission("log in", None, NEVER, "login.succeeded"),
    "accounts.create_demo_login": Permission(
        "log in to a demo with one click, on the machine that runs it",
        None,
        NEVER,
        "login.succeeded",
    ),
    "accounts.delete_login": Permission("log out", None, NEVER, "session.ended"),
    "accounts.create_fresh_login": Permission("log in again", ANYBODY, NEVER, "login.renewed"),
    "accounts.create_password": Permission(
        "change your own password (asks for the current one)", ANYBODY, NEVER, "password.changed"
    ),
    "accounts.update_time_zone": Permission(
        "choose your own time zone", ANYBODY, NEVER, "account.zone-chosen"
    ),
    # Ending a session only revokes access.
    "accounts.end_one_session": Permission("end a session", ANYBODY, NEVER, "session.ended"),
    "accounts.end_other_sessions": Permission(
        "end your other sessions", ANYBODY, NEVER, "session.ended"
    ),
}

_ACCOUNTS = {
    "create_one_account": ("create an account", "account.created"),
    "update_role": ("change the role of an account", "account.role-changed"),
    "create_disablement": ("disable an account", "account.disabled"),
    "delete_disablement": ("enable an account", "account.enabled"),
    "create_password_reset": ("give an account a new password", "password.reset"),
    "create_one_organisation": ("add a client", "organisation.created"),
    "update_organisation": ("change a client", "organisation.changed"),
    "create_organisation_archival": ("archive a client", "organisation.archived"),
    "delete_organisation_archival": ("restore a client", "organisation.restored"),
    "create_contact": ("add a contact of a client", "contact.added"),
    "update_contact": ("change a contact", "contact.changed"),
    "create_contact_archival": ("archive a contact", "contact.archived"),
    "delete_contact_archival": ("restore a contact", "contact.restored"),
    "create_contact_login": ("give a contact a login", "account.created"),
    "create_login_connection": ("connect a login to a contact", "contact.login-connected"),
    "delete_login_connection": ("disconnect a contact’s login", "contact.login-disconnected"),
}
ACCOUNTS = {
    f"accounts.{name}": Permission(does, ADMINS, ALWAYS, action)
    for name, (does, action) in _ACCOUNTS.items()
}

DATABASES = {
    "databases.create_backup": production("take a backup", STAFF, REQUESTED, Concerns.FIELD),
    "databases.create_comparison": production(
        "compare a database with its backup", STAFF, REQUESTED, Concerns.BACKUP
    ),
    # On production for admins only, which the view checks.
    "databases.create_restore": production(
        "restore a backup", STAFF, REQUESTED, Concerns.BACKUP, in_view=True
    ),
    "databases.create_maintenance": production(
        "begin maintenance", STAFF, REQUESTED, Concerns.ADDRESS
    ),
    "databases.delete_maintenance": production(
        "end maintenance", STAFF, REQUESTED, Concerns.ADDRESS
    ),
    "databases.create_drift_acceptance": Permission(
        "accept a schema that was changed by hand", ADMINS, ALWAYS, "drift.accepted"
    ),
    "databases.create_drift_withdrawal": Permission(
        "withdraw such an acceptance", ADMINS, ALWAYS, "drift.withdrawn"
    ),
    "databases.create_death": Permission(
        "declare a process dead", ADMINS, ALWAYS, "process.declared-dead"
    ),
    "databases.create_known_session": Permission(
        "declare sessions of a role known", ADMINS, ALWAYS, "session.declared-known"
    ),
    "databases.delete_known_session": Permission(
        "end such a declaration", ADMINS, ALWAYS, "session.known-ended"
    ),
    "databases.create_adoption": Permission(
        "adopt a database, or take it over", ADMINS, ALWAYS, REQUESTED
    ),
    "databases.create_override": Permission(
        "override a safeguard", ADMINS, ALWAYS, "override.given"
    ),
    # The rule counts again: nothing becomes possible.
    "databases.create_override_withdrawal": Permission(
        "withdraw an override", STAFF, NEVER, "override.withdrawn"
    ),
    "databases.create_window": production(
        "schedule a maintenance window", STAFF, "window.announced", Concerns.FIELD
    ),
    "databases.create_window_withdrawal": production(
        "withdraw a maintenance window", STAFF, "window.withdrawn", Concerns.WINDOW
    ),
    "databases.update_window_rule": production(
        "decide whether changes need a window", ADMINS, "window.rule-changed", Concerns.ADDRESS
    ),
    "databases.create_change": production("start a change", STAFF, "run.started", Concerns.ADDRESS),
    # A change that fails verification is rolled back automatically, so this is more than a read.
    "databases.create_verification": Permission(
        "verify a committed change again", STAFF, ALWAYS, REQUESTED
    ),
    # Refused on production, which is changed by its runbook.
    "databases.create_migration": production(
        "migrate development", STAFF, REQUESTED, Concerns.ADDRESS
    ),
    # It only reads production, and anonymises the copy.
    "databases.create_sync": Permission(
        "replace development by an anonymised copy of production", STAFF, NEVER, REQUESTED
    ),
    "jobs.create_stop": production(
        "stop an operation", STAFF, "operation.stop-requested", Concerns.OPERATION
    ),
}

HOME = {
    "control.create_first_steps_dismissal": Permission(
        "dismiss the first steps of a demo", STAFF, NEVER, None
    ),
}

REPORTS = {
    **editor("incidents", STAFF, "an incident report"),
    "documents.create_image": Permission("add a picture", STAFF, NEVER, "document.picture-kept"),
    "incidents.create_private_link": Permission(
        "create a private link", STAFF, ALWAYS, "link.created"
    ),
    "incidents.create_withdrawal": Permission(
        "withdraw a private link", STAFF, ALWAYS, "link.withdrawn"
    ),
    "incidents.create_share": Permission(
        "share a report with clients", STAFF, ALWAYS, "report.shared"
    ),
    # Reduces the number of readers, so nothing may delay it.
    "incidents.create_report": Permission(
        "begin the report of a live incident", STAFF, NEVER, "report.begun"
    ),
    "incidents.end_sharing": Permission("take a share back", STAFF, NEVER, "report.unshared"),
    "incidents.create_shares": Permission(
        "share reports that clients could read before", STAFF, ALWAYS, "report.shared"
    ),
    "incidents.end_unshared": Permission(
        "leave such reports with the staff", STAFF, NEVER, "reports.left-with-staff"
    ),
    "incidents.create_answer": Permission(
        "answer a client’s question", STAFF, ALWAYS, "question.answered"
    ),
    "incidents.create_confirmation": Permission(
        "confirm having read a report", CLIENTS, NEVER, "reading.confirmed"
    ),
    "incidents.create_question": Permission("ask about a report", CLIENTS, NEVER, "question.asked"),
    "incidents.show_pdf": _export("download a report for staff as a PDF"),
}

EMAILS = {
    **editor("emails", ADMINS, "a message template"),
    "emails.create_drafts": Permission("draft messages", STAFF, NEVER, "mailing.created"),
    "emails.update_message": Permission(
        "edit the words of a message", ADMINS, NEVER, "message.edited"
    ),
    "emails.update_words": Permission(
        "save the words of a message while typing", ADMINS, NEVER, None
    ),
    "emails.delete_words": Permission("discard words typed into a message", ADMINS, NEVER, None),
    # The service decides: those who may approve the message.
    "emails.create_confirmation": Permission(
        "confirm that a flagged text is intended", STAFF, NEVER, "message.finding-confirmed"
    ),
    "emails.delete_confirmation": Permission(
        "take such a confirmation back", STAFF, NEVER, "message.confirmation-ended"
    ),
    "emails.update_fields": Permission(
        "edit the fields of a message", STAFF, NEVER, "message.edited"
    ),
    # The service decides who may approve a text that differs from the template.
    "emails.create_approval": Permission(
        "approve and send a message", STAFF, ALWAYS, "message.approved"
    ),
    # Cancelling, within the 30 seconds before it is sent, must not be delayed.
    "emails.delete_approval": Permission(
        "take an approval back before the message leaves", STAFF, NEVER, "message.reopened"
    ),
    "emails.create_withdrawal": Permission(
        "withdraw a message that has not left", STAFF, NEVER, "message.withdrawn"
    ),
    "emails.create_sending": Permission(
        "send a message once more", STAFF, ALWAYS, "message.sent-again"
    ),
    "emails.create_arrival": Permission(
        "say that a message arrived", STAFF, NEVER, "message.confirmed"
    ),
    "emails.create_loss": Permission("say that a message was lost", STAFF, NEVER, "message.lost"),
    "emails.create_correction": Permission(
        "draft a correction", ADMINS, NEVER, "message.corrected"
    ),
    "emails.create_test": Permission(
        "send a message to yourself as a test", STAFF, NEVER, "message.tested"
    ),
    "emails.download_letter": _export("download a message"),
    "emails.download_attachment": _export("download an attachment"),
    "mailbox.download_letter": _export("download a message of the mailbox"),
}

AUDIT = {
    "audit.download_csv": _export("download entries of the audit log as CSV"),
    "audit.download_json_lines": _export("download entries of the audit log as JSON Lines"),
    "audit.create_verification": Permission(
        "verify the audit log", STAFF, NEVER, "operation.requested"
    ),
}

GROUPS = {
    "Login and your own account": LOGIN,
    "Accounts and clients": ACCOUNTS,
    "Home": HOME,
    "Databases": DATABASES,
    "Runbooks": RUNS,
    "Incident reports": REPORTS,
    "Live incidents": LIVE,
    "Messages": EMAILS,
    "Monitoring": MONITORING,
    "Directory": DIRECTORY,
    "Audit log": AUDIT,
    "The site’s own accounts": SITE,
}
PERMISSIONS = {endpoint: row for group in GROUPS.values() for endpoint, row in group.items()}
