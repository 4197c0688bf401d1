"""Reports of problems by visitors, and checks of new pictures: what staff look at in the queue.

Both are rows of the directory that only admins read; a visitor's report is stored by the site, and
decided on in the control room. Start with `service`, then `pictures`.
"""
