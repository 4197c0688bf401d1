"""Previews of unsaved text, made outside of the web threads.

A preview (the rendered text and its problems) may take seconds, also by intent of an author. It is
made in separate processes (`child`), which `making` starts, stops and replaces; a page waits
briefly and then returns a ticket to poll (`asking`, `tickets`). Start with `asking`.
"""
