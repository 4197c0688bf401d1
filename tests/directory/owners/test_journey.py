"""From nothing to a published studio, and what the public sees of it."""

from tests.directory.owners.editing import Editor
from tests.support.pages import PageClient, words


def test_a_studio_is_published_from_nothing(editor: Editor, visitor: PageClient) -> None:
    assert "Not begun" in editor.overview()
    answer = editor.open("identity").type(name="Quiet Corner", short_about="Calm.").save(next="1")
    assert answer.headers["Location"].endswith("/me/studio/place")
    assert "To publish it, it still needs: A city A type of studio" in editor.overview()
    editor.save("place", city="London")
    editor.save("types", types=["home", "podcast"], connections=["Zoom"])
    assert "you can publish it now" in editor.overview()
    assert visitor.get("/studios/quiet-corner-1").status_code == 404
    assert "Quiet Corner" in words(editor.client.page("/me/studio/preview").h1)
    assert editor.press("publish").status_code == 303
    page = words(visitor.page("/studios/quiet-corner-1").select_one("main"))
    assert "Quiet Corner Calm. London" in page
    assert "Zoom" in page
