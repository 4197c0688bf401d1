"""Publishes and withdraws documents: a row in ops, then a file in the folder.

It writes versions and files, with their audit entries. Start with `publish`.
"""
