"""Runs: which step is due, what it requires, and the results of its action.

Every change is written with its event in one ops transaction; databases are reached only by
registered actions (`registry`). Start with `runs`, then `step_actions`.
"""
