"""Owners' pages: the form of sections, publishing, hiding, addresses."""
