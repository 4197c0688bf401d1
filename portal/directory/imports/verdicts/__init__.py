"""What the import would do with each row: its cells as values, studios that are known, doubles.

It reads the directory and writes nothing. Start with `judging`, then `checking` and `doubles`.
"""
