"""The section of a guide that belongs to each page of the staff, by the page's endpoint."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """`heading` is its anchor in the guide; None for the guide's beginning."""

    guide: str
    heading: str | None


CLIENTS_GUIDE = Section("clients", None)
SECTIONS = {
    "accounts.list_accounts": "control-room#clients",
    "accounts.show_account": "control-room#who-may-do-what",
    "accounts.show_contact": "control-room#clients",
    "accounts.show_organisation": "control-room#clients",
    "accounts.list_sessions": "control-room#your-login",
    "accounts.show_password": "control-room#your-login",
    "accounts.show_time_zone": "control-room#your-login",
    "accounts.show_fresh_login": "control-room#your-login",
    "accounts.show_login": "control-room#your-login",
    "accounts.show_token": "control-room#your-login",
    "audit.list_entries": "control-room#the-audit-log",
    "audit.show_entry": "control-room#the-audit-log",
    "control.home": "control-room#home",
    "databases.list_backups": "operator#backups",
    "databases.list_databases": "control-room#the-databases-page",
    "databases.list_migrations": "control-room#changing-production",
    "databases.list_windows": "guard#maintenance-mode-and-windows",
    "databases.show_adoption": "guard#what-a-database-is",
    "databases.show_restore": "bad-night#productions-database-is-gone",
    "databases.show_sync": "guard#the-sync",
    "emails.edit_document": "emails#templates",
    "emails.list_document_versions": "emails#templates",
    "emails.list_messages": "emails#states-of-a-message",
    "emails.list_templates": "emails#templates",
    "emails.new_document": "emails#templates",
    "emails.new_mailing": "emails#from-an-incident-to-messages-to-three-clients",
    "emails.show_document_comparison": "emails#templates",
    "emails.show_document_version": "emails#templates",
    "emails.show_message": "emails#what-blocks-a-message",
    "emails.show_template": "emails#templates",
    "incidents.edit_document": "incidents#writing-in-the-browser",
    "incidents.list_document_versions": "incidents#writing-in-the-browser",
    "incidents.list_incidents": "incidents",
    "incidents.list_measures": "incidents#the-timeline",
    "incidents.list_unshared": "incidents#sharing-a-report-with-clients",
    "incidents.new_document": "incidents#writing-in-the-browser",
    "incidents.new_live": "incidents-live#open-one",
    "incidents.show_document_comparison": "incidents#writing-in-the-browser",
    "incidents.show_document_version": "incidents#writing-in-the-browser",
    "incidents.show_door": "clients#reading",
    "incidents.show_incident": "incidents#who-reads-a-report",
    "incidents.show_letter": "clients#reading",
    "incidents.show_live": "incidents-live#send-an-update",
    "incidents.show_live_letter": "clients#reading",
    "incidents.show_sharing": "incidents#sharing-a-report-with-clients",
    "jobs.list_operations": "control-room#when-a-change-was-interrupted",
    "jobs.show_operation": "control-room#when-a-change-was-interrupted",
    "mailbox.list_letters": "emails#states-of-a-message",
    "mailbox.show_letter": "emails#states-of-a-message",
    "monitoring.list_errors": "notices#errors",
    "monitoring.list_notice_addresses": "notices#where-they-go",
    "monitoring.list_outages": "notices#outages",
    "monitoring.list_probes": "monitoring#the-probes",
    "monitoring.show_outage": "notices#outages",
    "monitoring.show_probe": "monitoring#up-down-unknown",
    "runbooks.list_runbooks": "control-room#runbooks",
    "runbooks.list_runs": "runbooks#how-a-run-behaves",
    "runbooks.show_run": "runbooks#how-a-run-behaves",
    "runbooks.show_runbook": "control-room#runbooks",
    "staff.list_batches": "directory#actions",
    "staff.list_studios": "directory#the-table",
    "staff.show_batch": "directory#the-way-back",
    "staff.show_deletion": "directory#actions",
    "staff.show_handover": "directory#actions",
    "staff.show_studio": "directory#the-table",
    "staff.list_imports": "importing",
    "staff.show_import": "importing#from-a-file-to-studios",
    "staff.list_claims": "owners#deciding-on-claims",
    "staff.show_claim": "owners#deciding-on-claims",
    "searches.list_searches": "search#searches-with-few-results",
}


ROOMS = {
    "accounts": "control-room",
    "audit": "control-room#the-audit-log",
    "databases": "control-room#changing-production",
    "emails": "emails",
    "incidents": "incidents",
    "jobs": "control-room#when-a-change-was-interrupted",
    "monitoring": "monitoring",
    "runbooks": "runbooks#how-a-run-behaves",
    "staff": "directory",
}
"""Of the other answers of a blueprint, such as the page on which a form is refused."""


def section_for(endpoint: str | None) -> Section | None:
    """None for a page that no guide describes, such as the list of guides itself."""
    named = endpoint or ""
    found = SECTIONS.get(named) or ROOMS.get(named.partition(".")[0], "")
    guide, _, heading = found.partition("#")
    return Section(guide, heading or None) if guide else None
