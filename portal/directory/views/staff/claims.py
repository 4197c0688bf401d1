"""Claims that wait for staff, and the way back of granted ones."""
