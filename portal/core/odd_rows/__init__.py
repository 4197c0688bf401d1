"""Rows that an engine accepts and this code can't read: a time that is none, JSON of another shape.

A page that only reads leaves them out, and home names them. Whatever decides something reads all
rows, and refuses. Start with `scan`.
"""
