"""Front matter: its limits, its values, its errors.

It reads text only. Anything not understood becomes an error with a line, never a value. Start with
`parse`.
"""
