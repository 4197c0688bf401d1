"""Claims to imported studios."""
