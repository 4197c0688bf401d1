"""Reviews of one's own studio, and the one answer to each."""
