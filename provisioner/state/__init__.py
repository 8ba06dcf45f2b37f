"""The records of our objects: the state, its journal, their encryption, and the backends that keep and lock them."""
