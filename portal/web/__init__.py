"""The look and the ground of every page: layout, components, assets, headers, errors.

It knows no feature and touches no database. Start with `setup`.
"""
