"""Lets a server with OpenAI's chat completions answer (`--upstream`): translates turns to chats and back."""
