"""Operations: what was asked for, what it says while it runs, and how it ended.

Every state change is one counted update in the ops database, with its audit entry; jobs are called
by name (`registry`). Start with `service`, then `lifecycle`.
"""
