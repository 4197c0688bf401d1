"""What visitors and owners leave on a site, as rows; nothing of it may reach development."""

SECRETS = {
    "visitor": "wilhelmina.thackeray@elsewhere.example",
    "body": "Call my sister Wilhelmina Thackeray on 0121 496 0199",
    "token": "5d41402abc4b2a76b9719d911017c592ae1e3c5b6a7f8d9e0c1b2a3f4e5d6c7b",
    "device": "Wilhelmina Thackerays telephone",
    "because": "Thackeray complained of the hours",
    "picture": "9f86d081884c7d659a2feaa0c55ad015.webp",
    "note": "Ring twice and ask for Thackeray",
}
AT = "'2026-11-01 10:00:00'"
ROWS = (
    (
        "INSERT INTO site_accounts (user_id, blocked_at, blocked_because)"
        f" VALUES (1, {AT}, '{SECRETS['because']}')"
    ),
    (
        "INSERT INTO site_sessions (user_id, token_hash, created_at, last_seen_at,"
        f" authenticated_at, user_agent) VALUES (1, '{SECRETS['token']}', {AT}, {AT}, {AT},"
        f" '{SECRETS['device']}')"
    ),
    (
        "INSERT INTO site_signups (id, email, display_name, password_hash, created_at, expires_at)"
        f" VALUES ('s', '{SECRETS['visitor']}', 'Wilhelmina', 'hash', {AT}, {AT})"
    ),
    (
        "INSERT INTO site_links (id, user_id, purpose, email, created_at, expires_at)"
        f" VALUES ('l', 1, 'reset', '{SECRETS['visitor']}', {AT}, {AT})"
    ),
    (
        "INSERT INTO site_letters (id, kind, email, details, created_at, expires_at)"
        f" VALUES ('t', 'message', '{SECRETS['visitor']}',"
        f' \'{{"from": "Wilhelmina Thackeray"}}\', {AT}, {AT})'
    ),
    (
        "INSERT INTO site_events (id, at, kind, details)"
        f" VALUES ('e', {AT}, 'password-changed', '{{\"password_hash\": \"{SECRETS['token']}\"}}')"
    ),
    (
        "INSERT INTO site_messages (id, user_id, studio_number, sender_name, sender_email, body,"
        f" created_at) VALUES ('m', 1, 1, 'Wilhelmina', '{SECRETS['visitor']}',"
        f" '{SECRETS['body']}', {AT})"
    ),
    (
        "INSERT INTO studio_details (user_id, zone, hours_note, takes_messages, published_at)"
        f" VALUES (1, 'Europe/London', '{SECRETS['note']}', true, {AT})"
    ),
    "INSERT INTO studio_hours (user_id, weekday, opens, closes) VALUES (1, 6, 0, 1440)",
    (
        "INSERT INTO picture_files (name, width, height, bytes, created_at)"
        f" VALUES ('{SECRETS['picture']}', 960, 640, 1000, {AT})"
    ),
    (
        "INSERT INTO site_reviews (user_id, studio_number, submitted_at, new_rating, new_content,"
        f" refused_because) VALUES (1, 2, {AT}, 1, '{SECRETS['body']}', '{SECRETS['because']}')"
    ),
    (
        "INSERT INTO site_review_records (id, user_id, studio_number, studio_name, rating, content,"
        f" status, written_at, removed_at) VALUES ('r', 1, 9, 'Thackerays', 1,"
        f" '{SECRETS['body']}', 'approved', {AT}, {AT})"
    ),
    (
        "INSERT INTO site_origins (user_id, studio_number, key, email, fingerprint, imported_at)"
        f" VALUES (4, 4, 'thackeray', '{SECRETS['visitor']}', '-', {AT})"
    ),
    (
        "INSERT INTO site_claims (id, user_id, studio_number, open_studio, state, message,"
        " created_at, expires_at, former) VALUES ('c', 1, 4, 4, 'waiting',"
        f" '{SECRETS['body']}', {AT}, {AT}, '{{}}')"
    ),
    (
        "INSERT INTO site_restrictions (user_id, hidden_at, because, former)"
        f" VALUES (2, {AT}, '{SECRETS['because']}', '{{\"status\": \"active\"}}')"
    ),
    (
        "INSERT INTO site_reports (id, about, studio_number, user_id, email, problem, body,"
        f" created_at) VALUES ('p', 'studio', 1, 1, '{SECRETS['visitor']}', 'wrong',"
        f" '{SECRETS['body']}', {AT})"
    ),
    (
        "INSERT INTO site_picture_checks (id, user_id, image_number, created_at, removed_because)"
        f" VALUES ('k', 1, 1, {AT}, '{SECRETS['because']}')"
    ),
    (
        "INSERT INTO site_batches (id, action, details, numbers, refused, by_number, by_name,"
        f" created_at, finished_at) VALUES ('b', 'hide',"
        f" '{{\"reason\": \"{SECRETS['because']}\"}}', '[1]', '{{}}', 1, 'Ana', {AT}, {AT})"
    ),
    (
        "INSERT INTO site_changes (id, batch_id, subject, number, studio_number, user_id, action,"
        " by, by_number, by_name, at, before, after) VALUES ('h', 'b', 'studio', '1', 1, 1,"
        f" 'studio.changed', 'staff', 1, 'Ana', {AT}, '{{\"about\": \"{SECRETS['body']}\"}}',"
        ' \'{"about": ""}\')'
    ),
)
TRAVEL = ("studio_details", "studio_hours")
