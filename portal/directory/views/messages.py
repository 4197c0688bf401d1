"""Messages of visitors to the owner of a studio."""

from portal.directory.views.site import blueprint

__all__ = ["blueprint"]
