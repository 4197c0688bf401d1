"""What `flask databases check` looks at, a function each: of one target, or of the control room.

They only read, and say what they find with what to do next; `status.check` lists them and
lets none of them end the others. Start with `said`.
"""
