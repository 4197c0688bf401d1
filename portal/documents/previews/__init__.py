"""Previews of what somebody types, made outside of the web's threads.

A look at a text (its rendering and what should be fixed in it) may take seconds, and may be made
to. It is taken in processes of its own (`child`), which `making` starts, stops and replaces; a page
waits for it a moment and then answers with a ticket to ask again with (`asking`, `tickets`).
Start with `asking`.
"""
