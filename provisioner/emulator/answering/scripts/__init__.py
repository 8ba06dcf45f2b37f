"""The scripted model: rules in a YAML file, patterns over the input, and replies with tools. `shipped.yaml` has the
rules for the examples of the project.
"""
