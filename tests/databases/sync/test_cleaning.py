"""A fake fits its column."""

import pytest

from portal.databases.sync.anonymise import _cut


@pytest.mark.parametrize(
    ("longest", "cut"),
    [(30, "Coralin Belora Tan"), (17, "Coralin Belora"), (14, "Coralin Belora"), (9, "Coralin")],
)
def test_a_text_is_cut_between_words(longest, cut):
    assert _cut("Coralin Belora Tan", longest) == cut


def test_a_single_word_is_cut_where_it_must_be():
    assert _cut("Coralin", 5) == "Coral"
