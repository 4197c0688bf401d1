"""An optional field left empty takes its sentence along, and nothing else."""

import pytest

from portal.core.errors import Invalid
from portal.documents.document import parse_document
from portal.emails.drafting.optional_fields import without_empty
from portal.emails.drafting.template import template_of
from portal.emails.lint import lint_template

FIELDS = "---\nsubject: x\nfields: [{name: A, optional: true}, B]\n---\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Hi\n\n**It:** [A]\n\nBye", "Hi\n\nBye"),
        ("[A]\n\nBye", "Bye"),
        ("Hi\n\n[A]", "Hi"),
        ("Hi\n\nOne line\nand [a] another\n\nBye", "Hi\n\nBye"),
        ("- one\n- [A]\n- three", "- one\n- three"),
        ("- one\n  - [A]\n- three", "- one\n- three"),
        ("- one [A]\n  - below\n- three", "- three"),
        ("- one\n\n  [A]\n\n- three", "- one\n\n- three"),
        ("> Hi\n>\n> [A]\n\nBye", "> Hi\n>\n\nBye"),
        ("| x |\n|---|\n| [A] |\n| y |", "| x |\n|---|\n| y |"),
        ("## It\n\n[A]\n\n## Next\n\nBye", "## Next\n\nBye"),
        ("## It\n\n[A]\n\nand more", "## It\n\nand more"),
        ("## It\n\n### Deeper\n\n[A]\n\n## Next\n\nBye", "## Next\n\nBye"),
        ("## Empty\n\n## Next\n\n[A]\n\nBye", "## Empty\n\n## Next\n\nBye"),
        ("/// internal\n[A]\n///\n\nBye", "/// internal\n///\n\nBye"),
        ("/// internal\n\n[A]\n///\n\nBye", "/// internal\n\n///\n\nBye"),
        ("`[A]` and\n\n```\n[A]\n```", "`[A]` and\n\n```\n[A]\n```"),
        ("Hi [B]", "Hi [B]"),
    ],
)
def test_it_goes_with_its_paragraph_item_or_row(before, after):
    assert without_empty(before, {"a"}).strip() == after


def test_a_value_keeps_the_sentence_and_a_field_is_filled():
    template = template_of(parse_document(FIELDS + "Hi [B]\n\n**It:** [A]", "x"))
    assert template.filled({"a": "yes", "b": "you"}) == "Hi you\n\n**It:** yes"
    assert template.filled({"a": " ", "b": "you"}).strip() == "Hi you"
    assert template.filled({}).strip() == "Hi [B]"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (FIELDS + "Hi [B], [A]", "5: “[B]” is left out whenever the optional “[A]” is empty"),
        (FIELDS.replace("x\n", '"[A]"\n') + "[B]\n\n[A]", "2: “[A]” is optional; a subject is"),
        (FIELDS + "Hi [B]\n\n[A]", None),
    ],
)
def test_what_must_be_filled_in_is_not_left_out_with_it(text, problem):
    document = parse_document(text, "x")
    found = [str(each) for each in lint_template(template_of(document), source=text)]
    assert [problem in each for each in found] == ([True] if problem else []), found


def test_optional_is_yes_or_no():
    with pytest.raises(Invalid, match="optional is yes or no"):
        template_of(parse_document(FIELDS.replace("true", "perhaps") + "Hi", "x"))
