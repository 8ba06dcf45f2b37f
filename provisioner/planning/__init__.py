"""Plans changes. The package `diff` compares the desired resources with the records and the live objects. The other
modules define the data of a plan, the plan file, the events of an apply, and the order of the changes.
"""
