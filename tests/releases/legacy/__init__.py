"""The release before the consolidation: small, real, and without any guard of its own.

It reads `users`, `user_profiles` and `studios`, holds a lease that says so, and, like the code of
its day, answers 500 when those tables are gone. Tests run it beside the present release:

    PORTAL_ENV=production PORTAL_DATA=... PORT=8101 python -m tests.releases.legacy
"""
