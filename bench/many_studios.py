"""Any number of studios at the legacy schema, created by the database itself: a minute for a
million.

One profile without a studio per 18 studios, as in the demo; an image, a service and a type for each
studio, a review for every second one, a response to every second review.
"""

from sqlalchemy import Connection

DRAFTS = 18
SENTENCE = "A quiet room, a good microphone and a line that holds, for voices of every kind. "
MOMENT = "'2026-10-31 09:00:00'"
PROFILE = (
    "id, user_id, studio_name, last_name, phone, about, location, equipment_list, connection1,"
    " created_at, updated_at"
)
PROFILES = (
    f"i, i, 'Room ' || i, 'Person', '+44 20 ' || i, '{SENTENCE * 3}' || i, 'Town', '{SENTENCE}',"
    f" i % 3 = 0, {MOMENT}, {MOMENT}"
)
STUDIO = (
    "id, owner_id, name, description, full_address, city, latitude, longitude, phone, status,"
    " is_profile_visible, created_at, updated_at"
)
STUDIOS = (
    f"i, i, 'Studio ' || i, '{SENTENCE}' || i, i || ' High Street', 'Town', 51.5, -0.1,"
    f" CASE WHEN i % 2 = 0 THEN '+44 30 ' || i END, 'active', i % 50 <> 0, {MOMENT}, {MOMENT}"
)
USER = "id, email, username, display_name, password_hash, role"
USERS = "i, 'u' || i || '@studio.example', 'u' || i, 'Person ' || i, '-', 'owner'"
REVIEW = "id, studio_id, reviewer_id, owner_id, rating, content, status"
REVIEWS = "i, i, i + 1, i, 1 + i % 5, 'Kind and quick.', 'approved'"


def fill_many(connection: Connection, *, studios: int) -> None:
    """Fill empty tables of revision 0001. The caller commits."""
    if connection.dialect.name == "postgresql":  # skips checks of a million keys
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    people = studios + studios // DRAFTS
    for table, columns, values, number in (
        ("users", USER, USERS, people),
        ("user_profiles", PROFILE, PROFILES, people),
        ("studios", STUDIO, STUDIOS, studios),
        ("studio_images", "studio_id, image_url", "i, '/images/' || i", studios),
        ("studio_services", "studio_id, service", "i, 'Zoom'", studios),
        ("studio_studio_types", "studio_id, studio_type", "i, 'home'", studios),
        ("reviews", REVIEW, REVIEWS, studios // 2),
        ("review_responses", "review_id, author_id, content", "i, i, 'Thank you.'", studios // 4),
    ):
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({columns}) WITH RECURSIVE n (i) AS"
            f" (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number}) SELECT {values} FROM n",
            execution_options={"no_parameters": True},  # % is no placeholder
        )
