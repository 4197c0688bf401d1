"""The guard: what stands at each target, and every change of it.

Only this room opens a target to write. Start with `targets`, then `changes`; docs/guard.md says
what it promises.
"""
