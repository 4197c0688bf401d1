"""The version of what the public sees of a directory, for answers that are kept.

It writes the epoch beside a target and reads it before each kept answer. Start with `version`.
"""
