"""Staff and clients: accounts, logins, and permissions.

It writes accounts and sessions in the ops database, each change with its audit entry. Start with
`models`, then `permissions`.
"""
