"""Draft, published, hidden: who sees what, and what its address answers."""

import pytest
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.owners.models import StudioDetails
from portal.directory.users.models import SiteAccount
from tests.directory.owners.editing import Editor, said
from tests.support.pages import PageClient, words

ADDRESS = "/studios/quiet-corner-1"


@pytest.fixture
def published(editor: Editor) -> StudioProfile:
    editor.complete()
    assert editor.press("publish").status_code == 303
    return db.session.scalars(select(StudioProfile)).one()


def is_seen(visitor: PageClient) -> set[str]:
    """Where a visitor meets the studio."""
    lists = {
        "home": "/",
        "all": "/studios",
        "search": "/studios?q=quiet",
        "near": "/studios?near=london",
    }
    found = {name for name, path in lists.items() if "Quiet Corner" in visitor.get(path).text}
    counted = "1 studio" in words(visitor.page("/").select_one(".lead"))
    page = visitor.get(ADDRESS).status_code == 200
    return found | ({"count"} if counted else set()) | ({"page"} if page else set())


def test_hidden_and_shown_again(
    published: StudioProfile, editor: Editor, visitor: PageClient
) -> None:
    everywhere = is_seen(visitor)
    assert {"all", "search", "near", "count", "page"} <= everywhere
    assert editor.press("hide").status_code == 303
    assert is_seen(visitor) == set()
    gone = visitor.page(ADDRESS, status=410)
    assert "its owner has hidden it" in words(gone.main)
    assert visitor.get("/studios/any-name-1").status_code == 410
    assert "Show it again" in editor.overview()
    assert editor.press("hide").status_code == 303, "hidden twice is hidden"
    assert editor.press("show").status_code == 303
    assert is_seen(visitor) == everywhere
    assert visitor.get(ADDRESS).status_code == 200


def test_a_draft_is_seen_by_its_owner_alone(editor: Editor, visitor: PageClient) -> None:
    editor.complete()
    assert is_seen(visitor) == set()
    assert visitor.get(ADDRESS).status_code == 404
    assert visitor.get("/studios/any-name-1").status_code == 404
    assert visitor.get("/me/studio/preview").status_code == 303
    preview = words(editor.client.page("/me/studio/preview").body)
    assert "Only you can see it now" in preview
    assert "A calm room." in preview


@pytest.mark.parametrize("lacks", ["name", "short_about", "city", "types", "address"])
def test_what_is_missing_to_publish_is_said_with_a_link(
    editor: Editor, olive: User, lacks: str
) -> None:
    words_for = {
        "name": ("A name", "/me/studio/identity"),
        "short_about": ("A short text", "/me/studio/identity"),
        "city": ("A city", "/me/studio/place"),
        "types": ("A type of studio", "/me/studio/types"),
        "address": ("A confirmed email address", "/me"),
    }
    editor.complete()
    sections = {"name": "identity", "short_about": "identity", "city": "place", "types": "types"}
    if lacks == "address":
        db.session.get_one(User, olive.id).email_verified = False
        db.session.commit()
    else:
        editor.save(sections[lacks], **{lacks: [] if lacks == "types" else ""})
    sentence, address = words_for[lacks]
    link = editor.client.page("/me/studio").select_one(".studio-missing a")
    assert link is not None
    assert (words(link), link["href"]) == (sentence, address)
    answer = editor.press("publish")
    assert answer.status_code == 409
    assert sentence.lower() in answer.text.lower()
    assert db.session.scalars(select(StudioProfile.status)).one() is StudioStatus.DRAFT


@pytest.mark.parametrize(
    ("section", "field"),
    [("identity", "name"), ("identity", "short_about"), ("place", "city"), ("types", "types")],
)
def test_a_published_studio_keeps_what_it_needs(
    published: StudioProfile, editor: Editor, visitor: PageClient, section: str, field: str
) -> None:
    answer = editor.save(section, **{field: [] if field == "types" else ""})
    assert answer.status_code == 422
    assert "needs" in said(answer, field)
    assert visitor.get(ADDRESS).status_code == 200


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(StudioStatus.PENDING, "are checking your studio"), (StudioStatus.INACTIVE, "switched")],
)
def test_what_staff_have_set_stays(
    editor: Editor, visitor: PageClient, status: StudioStatus, sentence: str
) -> None:
    editor.complete()
    studio = db.session.scalars(select(StudioProfile)).one()
    studio.status = status
    db.session.commit()
    assert sentence in editor.overview()
    for action in ("publish", "show", "hide"):
        answer = editor.press(action)
        assert answer.status_code == 409, action
    assert editor.save("identity", about="Still mine").status_code == 303
    db.session.expire_all()
    assert (studio.status, studio.about) == (status, "Still mine")
    assert visitor.get(ADDRESS).status_code == 404


def test_an_account_that_waits_for_its_deletion_shows_nothing(
    published: StudioProfile, editor: Editor, olive: User, visitor: PageClient
) -> None:
    editor.press("hide")
    db.session.add(SiteAccount(user_id=olive.id, deletion_due_at=now()))
    db.session.commit()
    assert "going to be deleted" in editor.overview()
    for action in ("show", "publish"):
        assert editor.press(action).status_code == 409
    assert visitor.get(ADDRESS).status_code == 410


def test_a_studio_that_was_active_and_not_visible_can_be_published(
    published: StudioProfile, editor: Editor, visitor: PageClient
) -> None:
    published.is_profile_visible = False
    db.session.commit()
    assert "Only you can see it" in editor.overview()
    assert visitor.get(ADDRESS).status_code == 404
    editor.press("publish")
    assert visitor.get(ADDRESS).status_code == 200


def test_a_renamed_studio_is_found_at_its_old_address(
    published: StudioProfile, editor: Editor, visitor: PageClient
) -> None:
    editor.save("identity", name="Loud Corner")
    moved = visitor.get(ADDRESS)
    assert moved.status_code == 301
    assert moved.headers["Location"] == "/studios/loud-corner-1"
    assert moved.headers["Cache-Control"] == "no-cache", "it may be renamed back"
    assert visitor.get("/studios/loud-corner-1").status_code == 200
    editor.save("identity", name="Quiet Corner")
    assert visitor.get(ADDRESS).status_code == 200
    assert visitor.get("/studios/loud-corner-1").headers["Location"] == ADDRESS
    assert visitor.get("/studios/loud-corner-99").status_code == 404
    assert visitor.get("/studios/loud-corner-999999999").status_code == 404


def test_a_studio_is_published_once(published: StudioProfile, editor: Editor) -> None:
    at = db.session.scalars(select(StudioDetails.published_at)).one()
    assert editor.press("publish").status_code == 303
    assert db.session.scalars(select(StudioDetails.published_at)).one() == at
