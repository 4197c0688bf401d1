"""Inline Markdown: code spans, links, bare addresses, emphasis.

It follows CommonMark and GFM. Start with `inline`.
"""
