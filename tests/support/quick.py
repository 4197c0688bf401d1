"""What a test process does once for all of its tests, where the product does it for each start.

None of this changes what the product does: the same templates, the same addresses, the same
rules. Passwords alone are hashed with the least that argon2id allows; tests that are about the
cost of a hash ask for the fixture `costly_hashes`. And a text may take ten seconds to be laid out,
since the machine may be busy with other tests; tests about the limit set one of their own. For
the same reason a page waits for its preview, which is made outside of its thread all the same.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import CodeType, SimpleNamespace
from typing import Any, ClassVar

import brotli
from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from portal.accounts.login import passwords
from portal.documents.previews import asking, making
from portal.documents.rendering import process
from portal.web import assets
from tests.support.shared_map import SharedMap

PRODUCTS_HASHER = passwords._hasher
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class TemplatesInMemory(BytecodeCache):
    """Each template is compiled once in this process, and not once for each application."""

    _kept: ClassVar[dict[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code
        self._kept[bucket.key + bucket.checksum] = bucket.code


class SharedRule(Rule):
    """An address that is compiled once; what comes of it holds nothing of one application."""

    _kept: ClassVar[dict[Any, dict[str, Any]]] = {}
    _made: ClassVar = ("_parts", "_trace", "_converters", "arguments")

    def compile(self) -> None:
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, self.subdomain, self.merge_slashes, defaults)
        if kept := self._kept.get(key):
            self.__dict__.update(kept)
            self._build = self._build.__get__(self)
            self._build_unknown = self._build_unknown.__get__(self)
            return
        super().compile()
        self._kept[key] = {name: getattr(self, name) for name in self._made} | {
            "_build": self._build.__func__,
            "_build_unknown": self._build_unknown.__func__,
        }


class SharedStatements(LRUCache[Any, Any]):
    """What SQLAlchemy compiled for one engine holds for the next one of its kind."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(of_its_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(of_its_kind(key), compiled)


STATEMENTS = SharedStatements(5_000)


def of_its_kind(key: Any) -> Any:
    dialect, *rest = key
    return (type(dialect), *rest)


class CacheOfEngine:
    """Stands for `Engine._compiled_cache`: one for all engines of this process."""

    def __set__(self, engine: Engine, cache: Any) -> None:
        engine.__dict__["_compiled_cache"] = None if cache is None else STATEMENTS

    def __get__(self, engine: Engine, _: Any = None) -> Any:
        return engine.__dict__["_compiled_cache"]


def share_what_is_compiled() -> None:
    Engine._compiled_cache = CacheOfEngine()  # type: ignore[assignment]
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": TemplatesInMemory()}
    Flask.url_rule_class = SharedRule
    Flask.url_map_class = SharedMap
    assets.brotli = SimpleNamespace(compress=cache(brotli.compress))  # type: ignore[assignment]


def be_quick() -> None:
    """Before the first application is made. What is loaded while tests are collected stays."""
    gc.disable()
    share_what_is_compiled()
    process.SECONDS = process.CROWDED = 10.0
    making.SECONDS = asking.WAIT = 30.0
    hash_with(CHEAP_HASHER)


def leave_alone_what_is_loaded() -> None:
    """The collector need not look through all modules again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def hash_with(hasher: PasswordHasher) -> None:
    passwords._hasher = hasher
    passwords._nobody.cache_clear()


@contextmanager
def costly_hashing() -> Iterator[None]:
    hash_with(PRODUCTS_HASHER)
    try:
        yield
    finally:
        hash_with(CHEAP_HASHER)
