"""Records which objects belong to a project. Defines the state, its journal, the encryption of both, and the backends
that store and lock them.
"""
