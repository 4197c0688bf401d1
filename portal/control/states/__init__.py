"""Exceptional states of databases, named at the top of each page that they concern: read-only mode,
overrides, an accepted drift, open changes.

Each says who, since when and why, and has the button that ends it. Start with `pages`.
"""
