"""PostgreSQL as a target's engine: a database on a server, with roles and sessions.

It connects to servers with named sessions and creates scratch databases there. Start with `engine`.
"""
