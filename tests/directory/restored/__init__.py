"""A restore brings nothing back that was ended on the site since the backup."""
