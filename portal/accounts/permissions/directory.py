"""Permissions of the control room's pages about the directory; see `table`.

What is written there is recorded with its change in the directory, and moved into the audit log.
"""

from portal.accounts.models import Role
from portal.accounts.permissions.permission import Fresh, Permission

ADMINS, ALWAYS, NEVER = (Role.ADMIN,), Fresh.ALWAYS, Fresh.NEVER

_ANY_TIME = {
    "update_studio": ("edit a studio", "studio.changed"),
    "create_change_undo": ("take one change of a studio back", "studio.changed"),
    "create_batch": ("publish, hide, verify or feature studios", "batch.requested"),
    "create_undo": ("take such an action back", "batch.undone"),
    "create_review_decision": ("decide on a review", "review.approved"),
    "create_picture_decision": ("decide on a picture", "picture.accepted"),
    "create_report_decision": ("close a report of a problem", "report.closed"),
    "create_confirmation": ("confirm a person’s address", "person.confirmed"),
    "end_sessions": ("end a person’s sessions", "person.sessions-ended"),
    "create_import": ("upload a file of studios", "import.uploaded"),
    "update_import": ("map the columns of such a file", "import.mapped"),
    "update_choices": ("choose what becomes of doubtful rows of such a file", "import.chosen"),
    "delete_import": ("discard such a file", "import.discarded"),
}
_FRESH = {
    "create_deletion": ("delete studios", "batch.requested"),
    "create_handover": ("hand studios over to a person", "batch.requested"),
    "create_imported": ("import a file of studios", "batch.requested"),
    "create_grant": ("grant a claim", "claim.granted"),
    "create_refusal": ("refuse a claim", "claim.refused"),
    "create_claim_undo": ("take a granted claim back", "claim.undone"),
    "create_disablement": ("disable a person’s account", "person.disabled"),
    "delete_disablement": ("enable it again", "person.enabled"),
    "create_merge": ("merge two accounts of one person", "people.merged"),
    "delete_merge": ("take that back", "people.parted"),
}
DIRECTORY = {
    **{
        f"staff.{name}": Permission(does, ADMINS, NEVER, action)
        for name, (does, action) in _ANY_TIME.items()
    },
    **{
        f"staff.{name}": Permission(does, ADMINS, ALWAYS, action)
        for name, (does, action) in _FRESH.items()
    },
    "staff.download_studios": Permission(
        "download studios as CSV", ADMINS, ALWAYS, "export.downloaded", is_export=True
    ),
    "staff.download_rows": Permission(
        "download the rows of a file that can’t be imported",
        ADMINS,
        ALWAYS,
        "export.downloaded",
        is_export=True,
    ),
}
