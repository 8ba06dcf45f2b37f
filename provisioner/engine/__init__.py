"""Refresh, plan, apply and recover. This is the only package that changes anything. It uses collections and never a
target.
"""
