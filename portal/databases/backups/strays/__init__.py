"""Copies of a database that the catalogue does not know, as a killed backup leaves them.

With a valid manifest of ours a copy is entered; any other is set aside, named on home, and wiped
by a person or after 14 days. Files of backups that are being taken are left alone. Start with
`sorting`.
"""
