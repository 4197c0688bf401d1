"""Reads PostgreSQL's system catalogue of a database: tables, schema, owners, rights.

It only reads. Start with `catalog`; `version_1` reads as earlier releases recorded it.
"""
