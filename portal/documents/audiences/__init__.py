"""The audience of a text, and blocks of it that only some readers see.

It filters texts for a reader and touches no database. Start with `audience`.
"""
