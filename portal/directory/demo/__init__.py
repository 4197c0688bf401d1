"""Demo content for the directory: fictitious people and studios in real cities.

Fills a directory through the connection that is passed in. Start with `fill`.
"""

from portal.directory.demo.fill import fill_legacy
from portal.directory.demo.pictures import write_demo_images
from portal.directory.demo.staff import fill_for_staff

__all__ = ["fill_for_staff", "fill_legacy", "write_demo_images"]
