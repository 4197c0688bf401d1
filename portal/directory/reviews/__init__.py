"""Reviews of studios: written, edited and deleted by their authors, moderated, answered once.

Writes the directory's tables `reviews`, `review_responses` and those of `models`, and nothing else
but emails and changes about them. Start with `models`; then `writing` (authors), `moderation`
(staff) and `answers` (owners).
"""
