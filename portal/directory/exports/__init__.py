"""Studios as CSV: all columns that an import knows, so that an export can be imported again.

It only reads, in parts, so that memory does not grow with the number of studios. Start with `rows`.
"""
