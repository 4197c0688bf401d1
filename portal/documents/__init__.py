"""Markdown files as documents: read, rendered, written in the browser, published.

It reads folders, writes files and versions, and knows no kind of document. Start with `document`,
then `rendering`.
"""
