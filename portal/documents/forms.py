"""Forms of the editor page's script. They check the shape; the services check the rules."""

from flask_wtf.file import FileField

from portal.core.forms import BaseForm


class ImageForm(BaseForm):
    picture = FileField()
