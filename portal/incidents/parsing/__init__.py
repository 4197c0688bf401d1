"""What a report says of itself: front matter, fields and sentences of its text.

It reads texts and touches no database. What can't be read is left out and named as a problem.
Start with `facts`.
"""
