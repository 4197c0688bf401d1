"""The demo's directory: people and places that do not exist, in cities that do."""

from portal.directory.demo.fill import fill_legacy
from portal.directory.demo.pictures import write_demo_images

__all__ = ["fill_legacy", "write_demo_images"]
