"""The rules that close the gate: releases, windows, drift, maintenance, overrides.

Each is asked before a change, at the page and again under the lock; what can't be told refuses.
They write decisions in ops with their audit entries. Start with `release_gate`.
"""
