"""Login: passwords, throttle, sessions, cookies of both realms.

It writes sessions and throttle marks in the ops database. Start with `login`.
"""
