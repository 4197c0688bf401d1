"""What the worker carries out for databases: jobs, schedules, and each second's look.

Jobs call the services of the other packages and may use any of them; their registered names are
fixed. Start with `changes`.
"""
