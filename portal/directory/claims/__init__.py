"""Who owns a studio: imported ones belong to nobody until somebody claims them.

An imported studio belongs to a placeholder: a row in `users` that can't log in. Start with
`models`.
"""
