"""The block structure of a Markdown text, found line by line with CommonMark's algorithm.

It reads a text and changes nothing. Start with `blocks`, then `scanner`.
"""
