"""Compares desired, recorded and actual resources. Contains the plan, its file, its events, and the order of its
changes.
"""
