"""Actions on many studios at once, their progress, and the way back."""
