"""GitHub's structure for the `markdown` package: a text in, safe HTML out.

It imports nothing of the portal but its own modules and touches no file. Start with `converter`.
"""
