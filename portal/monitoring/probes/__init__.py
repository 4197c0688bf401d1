"""Probes: one measurement each, from which up, down or unknown follows.

Time in which nothing was measured is unknown, never up. Start with `models`.
"""
