"""The studios that an action on all that match is about."""

from portal.core.errors import Conflict
from portal.directory.admin.finding import Kept, Source, all_matching, is_indexed
from portal.directory.admin.plain import is_small, read_all
from portal.directory.admin.query import AdminQuery, query_in, read_admin_query

__all__ = ["AdminQuery", "query_in", "read_admin_query", "selected_numbers"]

NOT_WHOLE = "The index of this table is being made, so all that match can’t be selected yet."


def selected_numbers(query: AdminQuery, most: int) -> list[int]:
    """The numbers of the studios that match, in order, whatever the page; `most` of them at most.

    Raises Conflict in a large directory whose index is not whole.
    """
    source: Source
    if is_indexed():
        source = Kept()
    elif is_small():
        source = read_all()
    else:
        raise Conflict(NOT_WHOLE, remedy="Try again in some minutes, or select by page.")
    return list(all_matching(source, query)[:most])
