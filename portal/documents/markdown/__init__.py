"""Extends the `markdown` package to GitHub's structure: text in, safe HTML out.

It imports nothing of the portal but its own modules and touches no file. Start with `converter`.
"""
