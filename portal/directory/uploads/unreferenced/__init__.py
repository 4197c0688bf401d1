"""Deletes pictures from the store that nothing needs any more: no directory and no kept backup.

A daily job of the worker. What can't be read, or isn't understood, deletes nothing. Start with
`deleting`.
"""
