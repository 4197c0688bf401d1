"""The derived index of the admins' table: sets of studios by filter, and their order.

It has every studio, unlike the search's index. `documents` says what is kept of a studio, `sets`
and `blocks` keep it, `writing` follows changes. Start with `documents`.
"""
