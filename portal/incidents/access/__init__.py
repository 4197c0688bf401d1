"""Determines a report's audience from its file: a valid statement, or staff only.

It only parses the text of a file; anything not understood is a problem with a sentence. Start with
`statement`.
"""
