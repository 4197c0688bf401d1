"""Sign-up, login, logout, and the links that mails lead to."""

from portal.directory.views.site import blueprint


@blueprint.get("/login")
def show_login() -> str:
    return ""
