"""Implements the endpoints for the sessions of agents (beta): sessions, their events, turns and items."""
