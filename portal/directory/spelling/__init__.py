"""Spelling correction: for a word that no studio uses, the directory's words that may be meant.

`keys.py` has the keys by which a misspelled word is found, `vocabulary.py` stores words and keys in
two tables on either engine, `ranking.py` compares, `speller.py` has the rules. Start with
`Speller`.
"""

from portal.directory.spelling.speller import Change, Corrected, Speller
from portal.directory.spelling.vocabulary import Known, Vocabulary, WordTables

__all__ = ["Change", "Corrected", "Known", "Speller", "Vocabulary", "WordTables"]
