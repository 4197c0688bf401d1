"""What staff do with many studios, the way back, and the events' way into the audit log."""
