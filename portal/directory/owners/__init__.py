"""What owners keep of their studio: its details, hours and pictures, and messages of visitors.

It writes to the directory's own database, and each write goes through `changing_directory`. A
person has one studio: rows belong to the person, so they survive a change that makes the studios'
table anew. Start with `models`.
"""
