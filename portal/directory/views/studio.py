"""A person's studio: the form of sections, publishing, hiding."""

from portal.directory.views.site import blueprint

__all__ = ["blueprint"]
