"""One measurement each: of a site, a database, a certificate, this machine, what it depends on.

A measurement changes nothing, follows no link to another host, and ends within its time-out. It
returns what it found and never raises. Start with `registry`.
"""
