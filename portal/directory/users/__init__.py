"""People with an account on the site: sign-up, login, sessions, passwords, addresses, deletion.

It writes to the directory's own database, and each write goes through `changing_directory`. The
control room's accounts are in `portal.accounts`, with another cookie. Start with `models`, then
`identity` (who makes a request) and `prepared` (whether the tables exist).
"""
