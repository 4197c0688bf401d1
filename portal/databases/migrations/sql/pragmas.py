"""SQLite's PRAGMA: which ones only read, and what the others change."""

from portal.databases.migrations.sql.form import Kind, Sql, of_kind
from portal.databases.migrations.sql.tokens import Reader

LOOKING = frozenset(
    {
        *("collation_list", "compile_options", "database_list", "foreign_key_check"),
        *("foreign_key_list", "function_list", "index_info", "index_list", "index_xinfo"),
        *("integrity_check", "module_list", "pragma_list", "quick_check", "table_info"),
        *("table_list", "table_xinfo"),
    }
)
"""They take a name, and change nothing with it."""

TELLING = LOOKING | frozenset(
    {
        *("analysis_limit", "application_id", "auto_vacuum", "automatic_index", "busy_timeout"),
        *("cache_size", "cache_spill", "cell_size_check", "checkpoint_fullfsync", "data_version"),
        *("defer_foreign_keys", "encoding", "foreign_keys", "freelist_count", "fullfsync"),
        *("ignore_check_constraints", "journal_mode", "journal_size_limit", "legacy_alter_table"),
        *("locking_mode", "max_page_count", "mmap_size", "page_count", "page_size", "query_only"),
        *("read_uncommitted", "recursive_triggers", "reverse_unordered_selects", "schema_version"),
        *("secure_delete", "synchronous", "temp_store", "threads", "trusted_schema"),
        *("user_version", "wal_autocheckpoint", "writable_schema"),
    }
)
"""Without a value they only read."""

IN_THE_FILE = frozenset(
    {
        *("application_id", "auto_vacuum", "encoding", "journal_mode", "page_size"),
        *("schema_version", "user_version", "writable_schema"),
    }
)
"""With a value they change the file, or permit changing it."""


def of_pragma(reader: Reader) -> Sql | None:
    """None for an unknown pragma."""
    name = reader.table().name
    if reader.is_at_end:
        return of_kind(Kind.READ if name in TELLING else Kind.EFFECT) if name else None
    if not reader.take_any("=", "("):
        return None
    if name in LOOKING:
        return of_kind(Kind.READ)
    return of_kind(Kind.SCHEMA if name in IN_THE_FILE else Kind.SESSION)
