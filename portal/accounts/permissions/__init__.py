"""Who may do what: one table of routes, held to before each request.

A route without a row is refused. Start with `table`, then `enforcement`.
"""
