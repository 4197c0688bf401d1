"""HTML in, PDF out, in a process of its own that can be stopped.

It reads no file and no address but what it is handed. Start with `convert`.
"""
