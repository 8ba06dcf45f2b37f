"""Measures provision with projects of several sizes, beside scripts that do the same with the SDK. `make bench` runs
the benchmark.
"""
