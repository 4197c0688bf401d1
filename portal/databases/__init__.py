"""The guard: the identity of each target, and every change of it.

Only this package opens a target for writing. Start with `targets`, then `changes`; docs/guard.md
says what it promises.
"""
