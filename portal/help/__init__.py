"""The guides of docs/, read inside the product, and which of them belongs to which page.

It reads files and the login, and no database of a directory. Start with `guides`.
"""
