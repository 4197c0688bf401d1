"""Reviews: written, edited and deleted by their authors."""
