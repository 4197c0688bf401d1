"""The pages where administrators write and publish templates."""

from portal.documents.editor import hang_editor
from portal.emails.views import blueprint
from portal.emails.writing import TEMPLATES

hang_editor(blueprint, TEMPLATES, at="/ops/emails/templates")
