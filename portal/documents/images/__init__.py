"""Images in documents: drawn anew, named by their content, shown to who may see them.

It writes files below the data folder. Start with `store`.
"""
