"""Strings made to break pages go through the forms, and every page that shows them is whole."""

from flask import Flask
from werkzeug.datastructures import MultiDict

from portal.core.storage.database import changing_directory, db
from portal.directory.folding import UNPRINTABLE
from portal.directory.formats import of_users
from portal.directory.forms.reviews import ReviewAnswerForm, ReviewForm
from portal.directory.models import Review, ReviewResponse
from tests.directory.pages.test_hostile import parsed
from tests.directory.reviews.scene import Scene
from tests.support.corpora import hostile_strings

FOR_THE_RULES, AT_ONCE = 7, 400


def test_every_string_is_read_or_refused_and_only_addresses_become_links(
    scene: Scene, app: Flask
) -> None:
    with app.test_request_context("/me/studio/x", method="POST"):
        for text in hostile_strings()[::FOR_THE_RULES]:
            for form, name in ((ReviewForm, "text"), (ReviewAnswerForm, "body")):
                sent = form(formdata=MultiDict({name: text, "stars": text, "version": text}))
                sent.validate()
                assert not UNPRINTABLE.search(sent[name].data.replace("\n", ""))
            page = parsed(f"<!DOCTYPE html><html><body>{of_users(text)}</body></html>")
            tags = {each.tag for each in page.css("body *")}
            assert tags <= {"p", "br", "a"}
            for link in page.css("a"):
                assert link.attributes["rel"] == "ugc nofollow noopener"
                assert link.attributes["href"].lower().startswith(("http://", "https://"))


def test_pages_with_them_are_whole(scene: Scene) -> None:
    scene.write()
    number = scene.approve()
    texts = hostile_strings()
    some = "\n".join(texts[::AT_ONCE])[:4900]
    ugly = "<script>alert(1)</script> javascript:alert(1) [x](https://evil.example) {{ 7*7 }} "
    scene.write(text=ugly + some)
    scene.approve()
    with changing_directory():
        db.session.add(ReviewResponse(
            review=db.session.get_one(Review, number), author_id=scene.olive.number, content=some
        ))  # fmt: skip
    for client, path in (
        (scene.visitor, scene.page),
        (scene.nora.client, "/me/reviews"),
        (scene.nora.client, f"{scene.page}/review"),
        (scene.olive.client, "/me/studio/reviews"),
        (scene.olive.client, f"/me/studio/reviews/{number}"),
    ):
        text = client.get(path).text
        parsed(text)
        assert "&lt;script&gt;alert(1)" in text, path
        assert "<script>alert" not in text
        assert "{{ 7*7 }}" in text
