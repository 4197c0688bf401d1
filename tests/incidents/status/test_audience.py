"""What is for staff or for single clients is on no public page, however it was written."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from werkzeug.test import Client

from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.audiences.audience import PUBLIC, Audience
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase
from portal.incidents.live.view import is_for
from tests.incidents.status.scene import make_incident, make_update

CLIENTS = st.sampled_from([[], ["acme"], ["acme", "beta"]])
TIMES = st.sampled_from([-3600, -60, 3, 3600])
UPDATE = st.fixed_dictionaries(
    {
        "audience": st.sampled_from(Audience),
        "clients": CLIENTS,
        "leaves": TIMES,
        "is_held": st.booleans(),
        "phase": st.sampled_from(Phase),
    }
)
INCIDENT = st.fixed_dictionaries(
    {
        "audience": st.sampled_from(Audience),
        "clients": CLIENTS,
        "is_published": st.booleans(),
        "is_discarded": st.booleans(),
        "updates": st.lists(UPDATE, max_size=4),
    }
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(written=st.lists(INCIDENT, min_size=2, max_size=5))
def test_each_text_is_shown_exactly_if_it_is_for_everybody_and_has_left(app, written):
    db.session.execute(delete(IncidentUpdate))
    db.session.execute(delete(LiveIncident))
    open_words, secret_words = _write(written)
    db.session.commit()
    visitor = Client(app.wsgi_app, use_cookies=False)
    slugs = [f"incident-{number}" for number in range(len(written))]
    paths = ["/status", *(f"/status/incidents/{slug}" for slug in slugs)]
    made = [visitor.get(path).text for path in paths]
    kept = [visitor.get("/status", headers={"Accept-Encoding": "identity"}).text]
    for texts in (made, [*kept, *made[1:]]):
        assert not [word for word in secret_words if any(word in text for text in texts)]
        assert not [word for word in open_words if not any(word in text for text in texts)]


def _write(written) -> tuple[list[str], list[str]]:
    at, shown, hidden = now(), [], []
    for number, each in enumerate(written):
        row = make_incident(
            f"incident-{number}",
            title=f"title{number}x",
            audience=each["audience"],
            clients=each["clients"],
            affected=[f"part{number}x"],
            published_at=at if each["is_published"] else None,
            discarded_at=at if each["is_discarded"] else None,
        )
        may_be_known = each["is_published"] and not each["is_discarded"]
        may_be_known = may_be_known and is_for(PUBLIC, each["audience"], each["clients"])
        own = []
        for nth, update in enumerate(each["updates"]):
            word = f"word{number}x{nth}x"
            make_update(
                row,
                word,
                audience=update["audience"],
                clients=update["clients"],
                phase=update["phase"],
                leaves_at=at + timedelta(seconds=update["leaves"]),
                held_at=at if update["is_held"] else None,
            )
            has_left = update["leaves"] < 0 and not update["is_held"]
            is_open = has_left and is_for(PUBLIC, update["audience"], update["clients"])
            (own if may_be_known and is_open else hidden).append(word)
        shown += own
        (shown if own else hidden).append(f"title{number}x")
        if not own:
            hidden.append(f"part{number}x")
    return shown, hidden
