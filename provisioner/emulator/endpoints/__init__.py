"""Implements the endpoints of the emulator: one module for each type of object, the table of routes, and the code for
lists and searches.
"""
