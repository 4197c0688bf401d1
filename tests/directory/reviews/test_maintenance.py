"""In maintenance mode nothing typed is lost; before the tables are there nothing is promised; and
of whom the kept pages are made again."""

from flask import Flask

from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance
from portal.directory.models import StudioProfile, User
from portal.directory.revisions import WITH_MODERATION, WITH_OWNERS
from portal.directory.visibility import slug_of
from tests.databases.stage import ANA
from tests.directory.messages.test_kept_pages import numbers
from tests.directory.reviews.scene import FIRST, make_scene
from tests.support.databases import make_database
from tests.support.owners import log_in_site
from tests.support.pages import check_page, words

SENTENCE = "The directory is read-only for a moment"


def test_maintenance_and_whose_pages_are_made_again(app: Flask) -> None:
    target = make_database("development", WITH_MODERATION)
    scene = make_scene(app)
    before = numbers()
    scene.write()
    number = scene.approve()
    scene.olive.client.post(f"/me/studio/reviews/{number}/answer", data={"body": "Thanks"})
    changed = {scope for scope, value in numbers().items() if value != before.get(scope)}
    assert scene.studio.id in changed
    assert -1 not in changed, "other studios' pages stay as they are"
    begin_maintenance(target, because="Moving", by=ANA)
    page = scene.nora.client.page(f"{scene.page}/review")
    assert SENTENCE in words(page.select_one("main .notice.wary"))
    version = page.select_one("[name=version]")["value"]
    refused = scene.nora.client.post(
        f"{scene.page}/review", data={**FIRST, "stars": "1", "version": version}
    )
    assert (refused.status_code, SENTENCE in words(page.main)) == (503, True)
    assert check_page(refused.text).select_one("[name=stars][checked]")["value"] == "1"
    assert scene.nora.client.post(f"/me/reviews/{number}/delete").status_code == 503
    assert len(scene.shown()) == 1


def test_before_the_tables_are_there_reviews_are_only_read(app: Flask) -> None:
    make_database("development", WITH_OWNERS, studios=3)
    studio = db.session.get_one(StudioProfile, 1)
    page = f"/studios/{slug_of(studio.name, studio.id)}"
    client = app.test_client()
    log_in_site(client, db.session.get_one(User, 2))
    shown = client.page(page)
    assert shown.select_one("#reviews")
    assert not shown.select("a[href$='/review']")
    for path in (f"{page}/review", "/me/reviews", "/me/studio/reviews"):
        assert client.get(path).status_code == 503
    assert client.post(f"{page}/review", data=FIRST).status_code == 503
    assert client.get("/me").status_code == 200
    assert client.get("/me/studio").status_code == 200
