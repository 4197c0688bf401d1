"""The shape of what the script of the page for writing sends; the rules are the services'."""

from flask_wtf.file import FileField

from portal.core.forms import BaseForm


class ImageForm(BaseForm):
    picture = FileField()
