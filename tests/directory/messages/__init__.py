"""Messages of visitors to owners, and owners' answers."""
