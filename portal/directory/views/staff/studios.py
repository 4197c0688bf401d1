"""The table of studios, and the page of one with its history."""
