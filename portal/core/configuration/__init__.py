"""The settings: environment variables, read once and validated at the start.

It reads the environment and touches no database. Start with `settings`.
"""
