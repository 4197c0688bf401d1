"""One normal form of words, for what is indexed and for what is asked.

`index_terms` says under which terms a text is found, `query_terms` what a search asks for; neither
knows a database. Start reading in `asking.py`. Synonyms, words that are no plurals and
words that say nothing stand in `synonyms.toml`.
Start with `index_terms`.
"""

from portal.directory.words.asking import Part, Query, Term, query_terms
from portal.directory.words.indexing import index_terms, vocabulary_words
from portal.directory.words.pieces import normal

__all__ = [
    "Part",
    "Query",
    "Term",
    "index_terms",
    "normal",
    "query_terms",
    "vocabulary_words",
]
