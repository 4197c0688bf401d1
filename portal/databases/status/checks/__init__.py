"""The checks of `flask databases check`, a function each: of one target, or of the control room.

They only read, and report what they find with what to do next; `status.check` lists them and lets
none of them end the others. Start with `finding`.
"""
