"""The settings: environment variables, read once and validated at start.

It reads the environment and accesses no database. Start with `settings`.
"""
