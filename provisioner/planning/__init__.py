"""Plans changes: compares the desired resources with the records and the live objects. Contains the plan, the plan
file, the events of an apply, and the order of the changes.
"""
