"""The scripted model. Its script is a YAML file of rules, with patterns for the input, and replies that can use tools.
`shipped.yaml` has the rules for the examples of the project.
"""
