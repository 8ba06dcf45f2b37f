"""Generates the answers of models. A turn is one answer of a model, including its calls of tools: from instructions,
messages and tools, the model makes the outputs of the turn.

The endpoints of Responses, Runs and Sessions convert a request to a `Turn` and pass it to `Answering.answer`. The
endpoints also convert the returned `Output`s to the objects and events of their API.
"""
