"""HTML in, PDF out, in a separate process with limits.

It opens only the files that it is given, and no network addresses. Start with `convert`.
"""
