"""A folder of Markdown files as documents, cached after parsing until it changes.

It reads folders, and writes files atomically. Start with `folder`.
"""
