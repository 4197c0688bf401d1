def test_the_application_starts(client):
    assert client.get("/nothing-here").status_code == 404
