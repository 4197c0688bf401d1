"""The sync: production's rows, anonymised in scratch, put in development's place.

It reads production and writes development alone, and keeps no value of a person. Start with
`service`.
"""
