"""Imported studios: placeholders, claims, and handing studios over."""
