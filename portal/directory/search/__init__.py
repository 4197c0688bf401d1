"""A search of the directory: what was asked, where, and the page that answers it.

It only reads; the index answers where it is whole, else `without_index` does. Start with `find`.
"""
