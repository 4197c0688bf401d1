"""Files that only the product's own system users may read, and the check of PORTAL_DATA at start.

It touches files and no database. Start with `private`, then `data_folder`.
"""
