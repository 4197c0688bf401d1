"""From the bytes of a CSV file to its rows: encoding, delimiter, headings, lines.

Nothing here knows what a column means, queries a database or writes a file. Start with `rows`.
"""
