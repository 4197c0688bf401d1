"""Copies of backups in a store off this machine: sent, read back, brought home.

It writes to the store of BACKUP_URL, and only to what this control room sent there. Start with
`upload`.
"""
