"""The rows of live incidents: see `portal.accounts.permissions.table`."""

from portal.accounts.models import STAFF
from portal.accounts.permissions.permission import Fresh, Permission

ALWAYS, NEVER = Fresh.ALWAYS, Fresh.NEVER

LIVE = {
    # What leaves for others waits until then, and can be held.
    "incidents.create_live": Permission("open an incident", STAFF, ALWAYS, "incident.opened"),
    "incidents.create_publication": Permission(
        "publish the draft of an incident", STAFF, ALWAYS, "incident.opened"
    ),
    # The service decides: a correction of what was sent to others is an administrator's.
    "incidents.create_update": Permission(
        "send an update of an incident", STAFF, ALWAYS, "incident.updated"
    ),
    "incidents.create_cancellation": Permission(
        "cancel planned maintenance", STAFF, ALWAYS, "incident.cancelled"
    ),
    # Nothing may delay it within the seconds before the update leaves.
    "incidents.create_hold": Permission(
        "hold an update before it leaves", STAFF, NEVER, "incident.held"
    ),
    "incidents.create_acknowledgement": Permission(
        "acknowledge an incident", STAFF, NEVER, "incident.acknowledged"
    ),
    "incidents.update_lead": Permission(
        "hand an incident over", STAFF, NEVER, "incident.handed-over"
    ),
    "incidents.create_discard": Permission(
        "discard the draft of an incident", STAFF, NEVER, "incident.discarded"
    ),
    "incidents.preview_live": Permission("preview an incident", STAFF, NEVER, None),
    "incidents.preview_update": Permission("preview an update", STAFF, NEVER, None),
}
