"""Targets: the databases this process was told of, and what really stands at each address.

Identity decides and the address never does. It reads targets, and writes labels only when a target
is made or adopted. Start with `config`, then `identity`.
"""
