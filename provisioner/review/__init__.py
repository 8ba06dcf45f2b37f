"""Prepares what people review: findings of lint, costs, differences, and the output formats of plans, states and
results of applies.
"""
