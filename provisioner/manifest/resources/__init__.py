"""Makes resources from the entries of manifests, by kind: stores, skills, environments, tools, instructions.

Names of other resources become `Ref`s, and short forms become long forms. `manifest.assistants` makes assistants from
these.
"""
