"""The demo's directory: people and places that do not exist, in cities that do.

It fills a directory through the connection that it is handed. Start with `fill`.
"""

from portal.directory.demo.fill import fill_legacy
from portal.directory.demo.pictures import write_demo_images

__all__ = ["fill_legacy", "write_demo_images"]
