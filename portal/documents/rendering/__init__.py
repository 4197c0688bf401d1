"""Markdown rendered in a process that can be stopped, and what pages make of it.

Only the child process parses what people wrote. Start with `render`.
"""
