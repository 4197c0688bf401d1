"""What a restore of a directory must not bring back: logins, links, and what was ended since.

It changes the copy that is about to replace the directory, at any revision, on a connection of its
own. The restores of `portal.databases` call it. Start with `endings`.
"""
