"""Refreshes, plans, applies and recovers. Only this package changes objects and states. It uses collections, and never
a target.
"""
