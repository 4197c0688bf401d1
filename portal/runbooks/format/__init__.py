"""A Markdown file as a runbook: inputs, conditions, steps, and the folder of files.

It reads files and touches no database. Start with `parse`.
"""
