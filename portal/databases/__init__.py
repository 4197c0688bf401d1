"""The guard: the identity of each target, and every change of it.

Only this package, and `portal.guarded` for other applications, changes a target's schema or
replaces its content. Start with `targets`, then `changes`; docs/guard.md says what it promises.
"""
