"""People with an account on the site, as staff look after them: find, confirm, disable, merge.

Each write is one transaction of the directory with its change and its event; a merge moves rows of
one account to another and never lets anybody in. Start with `finding`, then `acts`, then `merging`.
"""
