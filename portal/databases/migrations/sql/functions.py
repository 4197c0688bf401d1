"""Functions that a text calls, and those among them that are known to have no effect.

A call is a name before a parenthesis, whatever the parser makes of it; a function that is not on
the list may do anything: `setval`, `pg_terminate_backend`, `lo_unlink`, `dblink`, and user-defined
ones.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from portal.databases.migrations.sql.pragmas import TELLING
from portal.databases.migrations.sql.tokens import Part, SqlWord

LISTS = Path(__file__).with_name("harmless.toml")
BUILDING = frozenset({"row", "xmlattributes", "xmlforest", "xmlparse", "xmlpi", "xmlroot"})
"""Keywords that build a value, and that the parser takes for functions."""
VARIABLE = frozenset({TokenType.PARAMETER, TokenType.COLON, TokenType.HASH})


def calls_of(part: Part, tree: exp.Expr) -> Iterator[str]:
    """Each function that may have an effect, by its name."""
    functions = frozenset(_named_like_keywords(tree))
    for name, number in (_called(part) - Counter(_declared(tree))).items():
        if number and (name in functions or not _is_harmless(name, part.dialect)):
            yield name


def _named_like_keywords(tree: exp.Expr) -> Iterator[str]:
    """A user-defined function may have the name of a keyword, such as `range` or `key`: the parser
    takes it for a function that it does not know, or for a table.
    """
    for each in tree.find_all(exp.Anonymous):
        name = each.name.lower()
        if name in _listed("syntax") and name not in BUILDING:
            yield name
    for table in tree.find_all(exp.Table):
        alias = table.args.get("alias")
        if alias and alias.columns and not alias.name:
            yield table.name.lower()


def _called(part: Part) -> Counter[str]:
    words = part.words()
    return Counter(
        _name(words, at - 1)
        for at, word in enumerate(words)
        if word.word == "(" and at and _is_name(words[at - 1])
    )


def _is_name(word: SqlWord) -> bool:
    return (
        word.kind is TokenType.IDENTIFIER or word.word[:1].isalpha() or word.word[:1] in {"_", "$"}
    )


def _name(words: list[SqlWord], at: int) -> str:
    """With its schema and, for a variable of SQLite, with its prefix."""
    word = words[at]
    name = f'"{word.text}"' if word.kind is TokenType.IDENTIFIER else word.text.lower()
    if at >= 2 and words[at - 1].word == ".":
        return f"{words[at - 2].text.lower()}.{name}"
    is_variable = at >= 1 and words[at - 1].kind in VARIABLE
    return f"{words[at - 1].text}{name}" if is_variable else name


def _is_harmless(name: str, dialect: str) -> bool:
    if dialect == "sqlite" and name.startswith("pragma_"):
        return name.removeprefix("pragma_") in TELLING
    if name in _listed("syntax", "types"):
        return True
    return name.removeprefix("pg_catalog.").strip('"') in _listed("both", dialect)


@cache
def _listed(*names: str) -> frozenset[str]:
    lists = tomllib.loads(LISTS.read_text(encoding="utf-8"))
    return frozenset(word for name in names for word in lists[name].split())


def _declared(tree: exp.Expr) -> Iterator[str]:
    """Names with their columns in parentheses: `WITH t (a)`, `AS t (a)`, `INSERT INTO t (a)`."""
    for each in tree.find_all(exp.TableAlias):
        if each.columns and each.name:
            yield _as_written(each.this)
    for node in tree.find_all(exp.Insert):
        if isinstance(node.this, exp.Schema):
            table = node.this.this
            schema = f"{table.args['db'].name.lower()}." if table.args.get("db") else ""
            yield schema + _as_written(table.args.get("alias") or table.this)


def _as_written(name: exp.Expr) -> str:
    name = name.this if isinstance(name, exp.TableAlias) else name
    is_quoted = isinstance(name, exp.Identifier) and name.quoted
    return f'"{name.name}"' if is_quoted else name.name.lower()
