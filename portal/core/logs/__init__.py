"""Log lines: their form, what they name, and what they must never contain.

`records` removes keys and values from every line of every logger, `errors` says what may be quoted
of an exception, `labels` knows which request or operation a line belongs to, and `lasting` logs a
state once instead of at each request. It knows no feature. Start with `setup`.
"""
