"""What the start page, a studio's page and lists read: only studios that are listed.

It only reads, in few statements that are made once a process. Start with `reading`.
"""
