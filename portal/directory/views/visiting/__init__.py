"""Pages of the site on which people act on a studio that is not theirs: reviews, claims, reports.

Their routes are those of the blueprint `site`; the services have the rules. Start with `reviews`.
"""
