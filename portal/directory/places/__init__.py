"""Cities of the world from a read-only file in the package: names, countries, coordinates.

`lookup.py` finds places by the typed name, `suggesting.py` similar names, `countries.py` a studio's
country. The file is built by `tools/make_places.py`; its licences are in the same folder. Nothing
here queries a database of the product. Start with `lookup`.
"""
