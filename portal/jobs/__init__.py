"""Operations in processes of their own, the worker, and the leases of all that live.

It carries out what features register and knows no feature. Start with `operations`, then `worker`.
"""
