"""The admins' table of studios, the page of one, and editing it."""
