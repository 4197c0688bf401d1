"""How a person gets into an account of the site: sign-up, login, a forgotten password.

Each service charges a throttle in ops first, then hashes, then writes to the directory. Known and
unknown addresses get the same answer after the same work. Start with `signup`, then `login`.
"""
