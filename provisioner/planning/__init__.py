"""Plans changes. The package `diff` compares the desired resources with the records and the live objects. The other
modules define the data of a plan, the plan file, the events of an apply, the order of the resources, the comparison of
environments, and the unmanaged objects.
"""
