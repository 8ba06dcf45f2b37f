"""Makes resources from the entries of manifests, by kind: stores, skills, environments, tools, instructions.

Names of other resources become references (`Ref`), and short forms of tools become long forms. `manifest.assistants`
then makes the resources of assistants from these results.
"""
