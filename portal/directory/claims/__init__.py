"""Who owns a studio: imported ones have no owner until somebody claims them.

An imported studio belongs to a placeholder: a row in `users` that can't log in. Start with
`models`.
"""
