"""Inline parts of Markdown: code spans, links, bare addresses, emphasis.

By the rules of CommonMark and GFM. Start with `inline`.
"""
