"""Files of studios: columns, dry run, import."""
