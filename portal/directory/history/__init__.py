"""What was changed in the directory, by whom, and the way back: a row for each change.

Staff's changes carry an event that the worker moves into the audit log. Start with `recording`,
then `models`.
"""
