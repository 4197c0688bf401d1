"""A folder of Markdown files as documents, kept parsed as long as it stays the same.

It reads folders, and writes files whole or not at all. Start with `folder`.
"""
