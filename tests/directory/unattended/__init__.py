"""What the worker does in a directory without a request."""
