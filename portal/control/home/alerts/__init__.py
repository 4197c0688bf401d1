"""Alerts of home: what is wrong or waits for somebody, and the first step.

Each module has the sources of one part; none changes anything. Start with `sources`.
"""
