"""What a test process does once for all of its tests, where the product does it for each start.

None of this changes what the product does: the same templates, the same addresses, the same
rules. Passwords alone are hashed with the least that argon2id allows; tests that are about the
cost of a hash ask for the fixture `costly_hashes`. And a text may take ten seconds to be laid out,
since the machine may be busy with other tests; tests about the limit use `PRODUCTS_PATIENCE`.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from portal.accounts import passwords
from portal.documents import process

PRODUCTS_PATIENCE = process.SECONDS
PRODUCTS_HASHER = passwords._hasher
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class TemplatesInMemory(BytecodeCache):
    """Each template is compiled once in this process, and not once for each application."""

    _kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if kept := self._kept.get(bucket.key + bucket.checksum):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


class SharedRule(Rule):
    """An address whose functions are compiled once; they hold nothing of one application."""

    _kept: ClassVar[dict[Any, Any]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, tuple(self._trace), defaults, append_unknown)
        if key not in self._kept:
            self._kept[key] = super()._compile_builder(append_unknown)
        return self._kept[key]


def be_quick() -> None:
    """Before the first application is made."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": TemplatesInMemory()}
    Flask.url_rule_class = SharedRule
    process.SECONDS = 10.0
    hash_with(CHEAP_HASHER)


def leave_alone_what_is_loaded() -> None:
    """The collector need not look through all modules again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


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
