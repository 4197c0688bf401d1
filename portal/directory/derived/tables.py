"""The derived tables; migrations create them. `engines/derived.py` lists their names."""

from sqlalchemy import Column, Integer, String, Table

from portal.databases.engines.derived import metadata

derived_ratings = Table(
    "derived_ratings",
    metadata,
    Column("studio_id", Integer, primary_key=True, autoincrement=False),
    Column("reviews", Integer, nullable=False),
    Column("total", Integer, nullable=False),
)
"""A row for each studio with approved reviews: their number, and the sum of their ratings."""

derived_counts = Table(
    "derived_counts",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("studios", Integer, nullable=False),
)
"""Listed studios: in total, by city, by type. Rows that reach 0 are kept."""
