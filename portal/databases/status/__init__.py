"""What is so now: overview, safeguards, and `flask databases check`.

It only reads, and says what it could not find out. Start with `overview`, then `check`.
"""
