"""Contains the runs that read or change objects: refresh, plan, apply and recovery. Only this package changes objects
and states. It changes objects through the package `collections`.
"""
