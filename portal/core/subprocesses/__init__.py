"""Child processes for work that one input could hold up or kill: frames in, JSON frames out.

It knows no feature: a child is a module that reads frames and answers each. Start with `parent`.
"""
