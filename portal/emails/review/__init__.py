"""Checks a message, and decides who may approve it.

It reads messages and reports and writes confirmations; it sends nothing. Start with `approval`,
then `checks`.
"""
