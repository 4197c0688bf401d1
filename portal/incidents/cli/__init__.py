"""flask incidents …: reports are checked, and updates are sent where no page can be opened.

May use what pages use: services of incidents, messages and outages. Start with `live`.
"""

from portal.audit.refusals import CommandGroup

commands = CommandGroup("incidents", help="Incidents: reports are checked, updates are sent.")

from portal.incidents.cli import lint, live  # noqa: E402, F401
