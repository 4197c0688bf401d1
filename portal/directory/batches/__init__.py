"""Actions of staff on many studios at once, carried out by the worker, and the way back.

They write the directory's studios and the tables of `history.models` and `claims.models`; an
operation in ops carries each out. Start with `acts`, then `carrying`, then `undoing`.
"""
