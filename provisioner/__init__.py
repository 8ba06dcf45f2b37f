"""Infrastructure-as-code for OpenAI assistants: reads manifests, plans changes, and applies the plan to the account."""

__version__ = "0.1.0"
