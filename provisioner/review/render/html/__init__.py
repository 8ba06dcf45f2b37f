"""Shows a plan as one HTML page that loads no other file: for a browser, a review, or an artifact of a CI job."""
