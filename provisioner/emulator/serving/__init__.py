"""Runs the server. The server reads requests with their bodies and responds to them, until it is stopped or its parent
process ends.
"""
