"""Reviews of studios: written, edited and deleted by their authors, moderated, answered once.

Writes the directory's tables `reviews`, `review_responses` and those of `models`. Start with
`models`.
"""
