"""A person's own account: `/me`, sessions, password, address, export, deletion."""

from portal.directory.views.site import blueprint

__all__ = ["blueprint"]
