"""Renders Markdown in a separate process with limits, and prepares the HTML for pages.

Only the child process parses people's text. Start with `render`.
"""
