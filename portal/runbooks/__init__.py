"""Runbooks: Markdown files whose steps staff follow in the browser, on record.

This package knows no database feature: actions and gates register themselves. Start with `format`,
then `engine`.
"""
