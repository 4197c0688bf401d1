"""The pages where ops and admins write and publish incident reports."""

from portal.documents.editor import hang_editor
from portal.incidents.views import blueprint
from portal.incidents.writing import REPORTS

hang_editor(blueprint, REPORTS, at="/ops/incidents")
