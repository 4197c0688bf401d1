"""Runbooks: Markdown files that people follow step by step, on record.

It knows no database feature: actions and gates register themselves. Start with `format`, then
`engine`.
"""
