"""Incident reports are written and published here by ops and admins."""

from portal.documents.editor import hang_editor
from portal.incidents.views import blueprint
from portal.incidents.writing import REPORTS

hang_editor(blueprint, REPORTS, at="/ops/incidents")
