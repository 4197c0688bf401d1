"""Addresses that are kept are those that Flask writes."""

from inspect import iscoroutinefunction
from typing import Any

import pytest
from flask import Flask, url_for
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import BuildError

from portal.core.query_strings import with_query
from portal.web.url_cache import kept_addresses

WORDS = st.text(max_size=30)
VALUES = st.dictionaries(
    st.sampled_from(["q", "near", "type", "page", "x-y"]),
    st.one_of(WORDS, st.integers(), st.booleans(), st.none(), st.lists(WORDS, max_size=2)),
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, st.sampled_from(["/", "/below"]), st.sampled_from(["GET", "POST"]))
def test_every_address_is_as_flask_writes_it(pages: Flask, values: Any, root: str, method: str):
    address = kept_addresses(pages)
    with pages.test_request_context("/", base_url=f"http://localhost{root}", method=method):
        for _ in range(2):
            assert address("asset", name="a b", **values) == url_for("asset", name="a b", **values)


@given(
    st.dictionaries(
        st.sampled_from(["q", "near", "type"]), st.one_of(WORDS, st.lists(WORDS, max_size=3))
    ),
    st.sampled_from(["/", "/below"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_query_is_as_flask_writes_it(pages: Flask, values: Any, root: str):
    with pages.test_request_context("/", base_url=f"http://localhost{root}"):
        for _ in range(2):
            whole = url_for("asset", name="x", **values)
            assert with_query(url_for("asset", name="x"), values) == whole


def test_an_address_of_the_same_part_is_as_flask_writes_it(pages: Flask):
    address = kept_addresses(pages)
    for path in ("/ops/login", "/client", "/nowhere"):
        with pages.test_request_context(path):
            for endpoint in (".show_login", ".show_door", ".asset"):
                try:
                    whole = url_for(endpoint, name="x")
                except BuildError:
                    with pytest.raises(BuildError):
                        address(endpoint, name="x")
                else:
                    assert address(endpoint, name="x") == whole


def test_no_function_of_a_request_is_a_coroutine(pages: Flask):
    """So that nobody has to look at each of them whether it is one."""
    handlers = (
        *pages.view_functions.values(),
        *(each for some in pages.before_request_funcs.values() for each in some),
        *(each for some in pages.after_request_funcs.values() for each in some),
        *(each for some in pages.teardown_request_funcs.values() for each in some),
        *(each for some in pages.template_context_processors.values() for each in some),
    )
    assert not any(iscoroutinefunction(each) for each in handlers)


def test_what_is_written_differently_is_kept_apart(pages: Flask):
    address = kept_addresses(pages)
    with pages.test_request_context("/"):
        for anchor in ("a", "b"):
            assert address("asset", name="x", _anchor=anchor) == f"/assets/x#{anchor}"
        for value in (1, "1", True, 1.0):
            assert address("asset", name="x", page=value) == url_for("asset", name="x", page=value)
    with pages.test_request_context("/", base_url="http://localhost/below"):
        assert address("asset", name="x") == "/below/assets/x"
    with pages.test_request_context("/"):
        assert address("asset", name="x") == "/assets/x"


def test_an_address_that_is_none_fails_each_time(pages: Flask):
    address = kept_addresses(pages)
    with pages.test_request_context("/"):
        for _ in range(2):
            with pytest.raises(Exception, match="Could not build url"):
                address("nowhere.at_all")
