"""Refreshes, plans, applies and recovers. Only this package changes objects and states. It changes objects through the
package `collections`.
"""
