"""Shows a plan as one HTML page that loads nothing: for a browser, a review, or an artifact of a CI job."""
