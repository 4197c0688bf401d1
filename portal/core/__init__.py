"""What every room stands on: settings, clock, errors, forms, and both databases.

It knows no feature and imports no other room. Start with `configuration` and `storage`.
"""
