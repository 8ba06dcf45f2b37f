"""Prepares what people review: the findings of `provision lint`, estimated costs, differences, and the output formats
of plans, states and results of applies.
"""
