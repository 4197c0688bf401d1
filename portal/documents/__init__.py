"""Markdown documents: reading, rendering, editing in the browser, publishing.

The package reads folders, writes files and versions, and is independent of the kinds of documents.
Start with `document`, then `rendering`.
"""
