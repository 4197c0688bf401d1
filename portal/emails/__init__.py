"""Emails to clients: drafted from templates, checked, approved, sent, accounted for.

Nothing leaves without an approval over what the client reads. Start with `drafting`, then `review`,
then `delivery`.
"""
