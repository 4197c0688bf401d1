"""What makes up a schema besides rows: every object of a database, before and after a change.

`inventory.facts_of` reads it, `comparing` finds what is missing or different, `naming` which of
that an operation of the revision names, and `watching` does all three while revisions run. Nothing
here writes to the database. Start with `watching.ObjectWatch`.
"""
