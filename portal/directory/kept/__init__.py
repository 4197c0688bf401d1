"""Which directory pages may be cached whole, and what invalidates them.

Each write to the directory increases the content version, in the same transaction. Start with
`addresses`.
"""
