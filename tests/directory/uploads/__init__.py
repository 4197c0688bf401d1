"""Pictures that owners upload."""
