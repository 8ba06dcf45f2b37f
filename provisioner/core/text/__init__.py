"""Prepares text for output: secrets are redacted, and characters that could deceive a reader are escaped."""
