"""Operations: request, output while running, and result.

Every state change is one counted update in the ops database, with its audit entry; jobs are called
by name (`registry`). Start with `service`, then `lifecycle`.
"""
