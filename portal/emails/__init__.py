"""Emails to clients: drafted from templates, checked, approved, sent, and tracked.

No message is sent without an approval of exactly the content that the client reads. Start with
`drafting`, then `review`, then `delivery`.
"""
