"""The places of the control room and of the public site, and which of them a page belongs to.

Every page of the control room belongs to exactly one place. Start with `places`.
"""
