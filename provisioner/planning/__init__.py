"""Plans changes: `diff` compares the desired resources with the records and the live objects. The other modules contain
the data of a plan, the plan file, the events of an apply, and the order of the changes.
"""
