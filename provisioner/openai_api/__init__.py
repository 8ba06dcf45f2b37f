"""Everything that depends on OpenAI's API: HTTP calls, the collections of live objects, and the targets of
assistants.
"""
