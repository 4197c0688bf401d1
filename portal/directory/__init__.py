"""The public studio directory: home page, studio pages and search.

Reads the directory database; the worker fills the derived tables. Start with `views`, then
`search`.
"""
