"""What owners type, and what it means: opening hours, a city or coordinates, a time zone.

Functions raise ValueError with the sentence for the field. They change no row, but for
`place.put_city` and `place.put_coordinates`, which set the point of a studio. Start with `hours`.
"""
