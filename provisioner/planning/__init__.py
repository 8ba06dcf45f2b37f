"""Desired, recorded and actual compared: the plan, its file, its events and the order of its changes."""
