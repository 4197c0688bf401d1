"""The fields of a Markdown file, and edits of them in place.

A file is read into fields and a body, and only what a person changed is written back, in the
file's own notation: everything else stays as it is. What the fields can't express is edited in the
source. It touches no database and knows no request. Start with `sheet`, then `edit`.
"""
