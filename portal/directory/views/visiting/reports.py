"""Reports of problems with a studio, a review or a picture."""
