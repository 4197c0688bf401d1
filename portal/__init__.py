"""Talkback: a studio directory, and a control room that guards its databases.

One package is one room; a room imports only rooms below it (docs/architecture.md). Start with
`app`, then `features`.
"""
