"""Cities of the world from a read-only file in the package: names, countries, coordinates.

`lookup.py` finds what somebody typed, `suggesting.py` what they may have meant, `countries.py` in
which country a studio is. The file is made by `tools/make_places.py`; its licences stand beside it.
Nothing here asks a database of the product. Start with `lookup`.
"""
