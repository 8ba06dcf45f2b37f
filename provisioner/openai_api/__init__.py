"""Everything about OpenAI's API: HTTP, the collections of live objects, and the targets of assistants."""
