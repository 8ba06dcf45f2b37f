"""Generates the answers of models: from instructions, messages and tools, a model makes the outputs of one turn.

The endpoints of Responses, Runs and Sessions convert a request to a `Turn` and pass the turn to `Answering.answer`. The
endpoints also convert the returned `Output`s to the objects and events of their API.
"""
