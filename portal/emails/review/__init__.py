"""What stands against a message, and who may let it leave.

It reads messages and reports and writes confirmations; it sends nothing. Start with `approval`,
then `checks`.
"""
