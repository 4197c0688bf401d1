"""The rules that close the gate: releases, windows, drift, maintenance, overrides.

Each is checked before a change, on the page and again under the lock; what can't be determined
refuses the change. They write decisions in ops with their audit entries. Start with `release_gate`.
"""
