"""Contains everything that depends on OpenAI's API: HTTP calls, the collections of live objects, the targets of
assistants, and the turns of conversations.
"""
