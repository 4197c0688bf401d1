"""Forms of the site's pages for accounts and owners: shape only; the services have the rules.

Start with `login`.
"""
