"""Marks of a PostgreSQL catalogue: equal marks mean that the schema did not change in between.

The answers of a page's questions about the schema, its owners and its rights are cached by them
(`sharing.cached_per_schema`). A row that was inserted or updated has a larger `xmin`; one that was
deleted is missing in the count. Objects of the system itself (oid below 16384) are left out of the
large catalogues: a superuser's change of one shows after a minute (`kept_file.LONGEST`).
"""

from collections.abc import Iterator

WHOLE = (
    *("pg_namespace", "pg_extension", "pg_database", "pg_shdescription", "pg_auth_members"),
    *("pg_db_role_setting", "pg_default_acl", "pg_event_trigger", "pg_policy", "pg_publication"),
    *("pg_publication_namespace", "pg_publication_rel", "pg_foreign_data_wrapper"),
    *("pg_foreign_server", "pg_foreign_table", "pg_sequence", "pg_enum", "pg_statistic_ext"),
    *("pg_inherits", "pg_partitioned_table", "pg_attrdef", "pg_trigger", "pg_largeobject_metadata"),
)
OF_USERS = {
    "pg_class": "oid",
    "pg_attribute": "attrelid",
    "pg_constraint": "oid",
    "pg_index": "indexrelid",
    "pg_proc": "oid",
    "pg_type": "oid",
    "pg_rewrite": "oid",
    "pg_operator": "oid",
    "pg_cast": "oid",
    "pg_collation": "oid",
    "pg_aggregate": "aggfnoid",
    "pg_range": "rngtypid",
    "pg_ts_config": "oid",
    "pg_ts_config_map": "mapcfg",
    "pg_ts_dict": "oid",
    "pg_description": "objoid",
    "pg_depend": "objid",
}
"""With the column that names the object."""
FIRST_OF_USERS = 16384

_ROWS = (
    "count(*) || ':' || coalesce(max(xmin::text::bigint), 0)"
    " || ':' || coalesce(sum(xmin::text::bigint), 0)"
)
_OTHERS = (
    "SELECT md5(coalesce(string_agg(r::text, ',' ORDER BY r.oid), '')) FROM pg_roles AS r",
    (
        "SELECT md5(coalesce(string_agg(concat_ws(' ', oid, subname, subowner, subenabled,"
        " subpublications), ',' ORDER BY oid), '')) FROM pg_subscription"
        " WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ),
    "SELECT current_setting('session_replication_role')",
)
"""What has no `xmin`, or none that every role may read."""


def _counted() -> Iterator[str]:
    for catalogue in WHOLE:
        yield f"SELECT {_ROWS} FROM {catalogue}"  # noqa: S608 — constants
    for catalogue, column in OF_USERS.items():
        yield f"SELECT {_ROWS} FROM {catalogue} WHERE {column} >= {FIRST_OF_USERS}"  # noqa: S608
    yield from _OTHERS


QUESTION = (
    "SELECT current_database(), concat_ws(' ', current_user, "
    + ", ".join(f"({each})" for each in _counted())
    + ")"
)
