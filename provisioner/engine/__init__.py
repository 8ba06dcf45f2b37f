"""Refreshes, plans, applies and recovers. Only this package changes objects and states. It calls the API through
collections, and uses no target.
"""
