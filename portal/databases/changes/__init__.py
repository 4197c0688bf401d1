"""A change of production: plan, rehearsal, ticket, execution, verification, rollback.

`execution` is the one place from which a target's schema is changed, under its lock and with a
ticket that two people confirmed. Start with `plan`, then `tickets`, then `execution`.
"""
