"""A run for display: how long it took without the waiting of people, its state in sentences, and
its record as one file.

It reads rows and operations, and changes nothing. Start with `timing`.
"""
