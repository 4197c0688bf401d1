"""Typing errors: the words of the directory that a word nobody wrote may have been meant for.

`keys.py` says under which keys a word is found with an error in it, `vocabulary.py` keeps words and
keys in two tables of any engine, `ranking.py` compares, `speller.py` has the rules. Start there.
Start with `Speller`.
"""

from portal.directory.spelling.speller import Change, Corrected, Speller
from portal.directory.spelling.vocabulary import Known, Vocabulary, WordTables

__all__ = ["Change", "Corrected", "Known", "Speller", "Vocabulary", "WordTables"]
