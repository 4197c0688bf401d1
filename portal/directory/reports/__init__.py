"""Reports of problems by visitors, and checks of new pictures: what staff look at in the queue.

Start with `models`.
"""
