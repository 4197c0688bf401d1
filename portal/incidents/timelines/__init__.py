"""Timelines: events with their times, found in a report's text and drawn to scale.

It reads texts and guesses nothing: a time that can't be read is named as a problem. Start with
`timeline`.
"""
