"""Operations in child processes, the worker, and the leases of all live processes.

It runs the jobs that features register and knows no feature. Start with `operations`, then
`worker`.
"""
