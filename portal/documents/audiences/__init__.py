"""For whose eyes a text is, and the blocks of it that only some may see.

It cuts texts for a reader and touches no database. Start with `audience`.
"""
