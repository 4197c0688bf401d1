"""Sessions on a target that are no process of this product, and those that an admin declared known.

Start with `strangers`, which the release gate asks; `known` keeps the declarations.
"""
