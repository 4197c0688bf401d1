"""Parses a Markdown file as a runbook (inputs, conditions, steps) and reads the folder of files.

It touches no database. Start with `parse`.
"""
