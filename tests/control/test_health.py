"""What machines ask: does the process answer, and can it serve?"""

from tests.support.databases import LEGACY, file_of, make_database


def test_the_process_answers_whatever_its_databases_do(client):
    assert client.get("/healthz").status_code == 200


def test_it_is_ready_when_the_schema_fits_the_code(client):
    make_database("development")
    assert client.get("/readyz").status_code == 200


def test_it_says_in_one_sentence_why_it_is_not_ready(client):
    make_database("development", LEGACY)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.text == "The database is at revision 0001, which this release can't serve.\n"


def test_a_missing_database_is_a_reason_and_not_an_error(client):
    file_of(make_database("development")).unlink()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "Traceback" not in answer.text
