"""The pictures of a person's studio: upload, order, alternative text, removal."""

from portal.directory.views.site import blueprint

__all__ = ["blueprint"]
