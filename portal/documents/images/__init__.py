"""Images in documents: re-encoded, named by their hash, served with access control.

It writes files below the data folder. Start with `store`.
"""
