"""Which pages of the directory may be kept whole, and what makes them out of date.

It raises the content's version with each write to the directory, in that write's transaction.
Start with `addresses`.
"""
