"""Copies of backups in a store off this machine: uploaded, read back, downloaded.

It writes to the store of BACKUP_URL, and only to what this control room sent there. Start with
`upload`.
"""
