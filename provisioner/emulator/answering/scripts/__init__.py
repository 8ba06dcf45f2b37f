"""Implements the scripted model. Its script is a YAML file of rules. A rule has patterns for the input, and a reply
that can use tools. `shipped.yaml` contains the rules for the examples of the project.
"""
