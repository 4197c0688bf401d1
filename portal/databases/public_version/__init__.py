"""The version of a directory's public content, for cached responses.

It writes the epoch beside a target and reads it before each cached response. Start with `version`.
"""
