"""Makes resources from the entries of manifests, with one module for each kind: vector stores, skills, environment
templates, tools, instructions.

Names of other resources become references (`Ref`). Short forms of tools become long forms (the format of the Responses
API). From these results, `manifest.assistants` makes the resources of assistants.
"""
