"""A change of production: plan, rehearsal, ticket, execution, verification, rollback.

`execution` is the one place from which production's schema is changed, under its lock and with a
ticket that was confirmed twice. Start with `plan`, then `tickets`, then `execution`.
"""
