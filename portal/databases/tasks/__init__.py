"""The worker's tasks for databases: jobs, schedules, and checks each second.

Jobs call the services of the other packages and may use any of them; their registered names are
fixed. Start with `changes`.
"""
