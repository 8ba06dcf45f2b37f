"""Makes resources from the entries of manifests, kind by kind: stores, skills, environments, tools, instructions.

References become `Ref`s, and short forms become long ones. `manifest.assistants` makes assistants from these.
"""
