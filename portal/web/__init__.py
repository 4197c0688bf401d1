"""The base of every page: layout, components, assets, headers, errors.

It knows no feature and accesses no database. Start with `context`, then `templates`;
`portal/app.py` calls each module's `init_…`.
"""
