"""The public studio directory: home, studios, search.

It reads the directory's database; the worker fills the derived tables. Start with `views`, then
`search`.
"""
