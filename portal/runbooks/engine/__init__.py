"""How a run goes on: whose turn it is, what a step needs, what its action did.

Every move is written with its event in one ops transaction; databases are reached only by
registered actions (`registry`). Start with `runs`, then `step_actions`.
"""
