"""Demo content for the directory: fictitious people and studios in real cities.

Fills a directory through the connection that is passed in. Start with `fill`.
"""

from portal.directory.demo.fill import fill_legacy
from portal.directory.demo.pictures import write_demo_images

__all__ = ["fill_legacy", "write_demo_images"]
