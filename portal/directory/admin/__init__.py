"""The admins' table of all studios, and what staff see and edit of one.

`index/` keeps a derived index of every studio; `query` is what the table is asked for, `finding`
answers it by the index, and without one by plain statements. Start with `finding`.
"""
