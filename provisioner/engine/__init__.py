"""Refresh, plan, apply, recover: the only package that changes anything. It knows collections, never a target."""
