"""A runbook whose headings are called like everything on its pages takes nothing from them."""

from tests.support.ids import EVIL, assert_ids_are_apart, headings_for, names_on

BOOK = "# Book\n\n## Steps\n\n### One\n\nDo it.\n\n{}\n\n### Two\n\nThen this.\n"


def test_no_id_is_doubled_in_the_reader_and_in_a_run(browser, write):
    names = list(EVIL)
    for round_ in range(2):
        write(BOOK.format(headings_for(names).replace("## ", "#### ")))
        reader = browser.page("/ops/runbooks/book")
        started = browser.post("/ops/runbooks/book/runs", data={})
        assert started.status_code == 302, round_
        run = browser.page(started.location)
        for page in (reader, run):
            assert_ids_are_apart(page)
        names = sorted({*names, *names_on(reader), *names_on(run)})
