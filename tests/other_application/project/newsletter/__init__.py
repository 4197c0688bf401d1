"""The newsletter itself."""
