"""Renders a plan as one HTML page that loads no other file. People open it in a browser, in a review, or as an artifact
of a CI job.
"""
