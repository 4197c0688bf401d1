"""Sets of studios by token: filters, places, quality, and the words that many studios have.

A word has a set from `COMMON_FROM` studios on; below, full text lists its studios. `tokens.py` says
which tokens have one, `rows.py` writes them, `fetching.py` reads them. Start with `tokens.py`.
"""
