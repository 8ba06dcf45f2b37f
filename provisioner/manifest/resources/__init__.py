"""Makes resources from the entries of manifests, with one module for each kind: stores, skills, environment templates,
tools, instructions.

Names of other resources become references (`Ref`), and short forms of tools become long forms. From these results,
`manifest.assistants` makes the resources of assistants.
"""
