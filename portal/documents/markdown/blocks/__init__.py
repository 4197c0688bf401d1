"""The blocks of a Markdown text, found line by line by CommonMark's algorithm.

It reads a text and changes nothing. Start with `blocks`, then `scanner`.
"""
