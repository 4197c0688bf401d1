"""Normalisation of words, for indexing and for queries.

`index_terms` returns the terms of a text, `query_terms` the terms of a search; neither knows a
database. Synonyms, words that look like plurals and stop words are in `synonyms.toml`. Start with
`index_terms`, then `asking.py`.
"""

from portal.directory.words.asking import Part, Query, Term, query_terms
from portal.directory.words.indexing import index_terms, vocabulary_words
from portal.directory.words.pieces import normal

__all__ = ["Part", "Query", "Term", "index_terms", "normal", "query_terms", "vocabulary_words"]
