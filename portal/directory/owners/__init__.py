"""What owners keep of their studio: the form of sections, and whether it is published.

It writes to the directory's own database, and each write goes through `changing_directory`. A
person has one studio: rows belong to the person, so they survive a change that rebuilds the
studios' table. Start with `sections`, then `saving` and `publishing`.
"""
