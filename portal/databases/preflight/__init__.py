"""What would stop a backup, a restore or a change of a database, found before the night.

`flask databases preflight` and an adoption ask all of it, `flask databases check` what takes no
second copy. It changes nothing. Start with `run`, which lists what is asked on each engine.
"""
