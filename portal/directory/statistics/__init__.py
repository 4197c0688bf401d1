"""Figures about the directory for admins.

Counting reads whole tables, so the worker does it once a day, and its operation keeps the result;
pages read that, and what the derived tables know at once. Start with `counting`, then `reading`.
"""
