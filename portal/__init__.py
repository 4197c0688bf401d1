"""Talkback: a studio directory, and a control room that guards its databases.

Each package imports only packages below it (docs/architecture.md). Start with `app`, then
`features`.
"""
