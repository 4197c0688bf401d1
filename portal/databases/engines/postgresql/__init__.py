"""PostgreSQL as a target's engine: a database of a server, with roles and sessions.

It talks to servers with named sessions and makes scratch databases there. Start with `engine`.
"""
