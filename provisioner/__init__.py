"""Infrastructure-as-code for OpenAI assistants: manifests in, plan out, apply, and the account matches."""

__version__ = "0.1.0"
