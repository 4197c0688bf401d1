"""Unpublished texts: drafts, autosave, and starter texts.

It reads and writes drafts in the ops database and knows no views. Start with `drafts`.
"""
