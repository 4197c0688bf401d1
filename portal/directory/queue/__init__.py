"""The queue of staff: reviews, pictures and reports that wait, oldest first, one at a time.

It reads what waits, with what is needed to decide; the decisions are those of `reviews.moderation`,
`reports.pictures` and `reports.service`. Start with `finding`.
"""
