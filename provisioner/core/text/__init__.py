"""Text that leaves the process: secrets are redacted, and characters that could deceive a reader are escaped."""
