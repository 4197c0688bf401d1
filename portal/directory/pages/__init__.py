"""Queries for the start page, studio pages and lists: listed studios only.

Read only, in few statements that are built once per process. Start with `reading`.
"""
