"""Figures about the directory."""
