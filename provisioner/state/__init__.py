"""Records which objects belong to this project: the state, its journal, their encryption, and the backends that store
and lock them.
"""
