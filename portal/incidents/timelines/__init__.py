"""Timelines: events with their times, found in a report's text and drawn to scale.

It reads text and guesses nothing: a time that can't be read is a problem. Start with `timeline`.
"""
