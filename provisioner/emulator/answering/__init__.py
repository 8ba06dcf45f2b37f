"""Makes the answers of models. From instructions, messages and tools, a model makes the outputs of one turn.

The endpoints of Responses, Runs and Sessions convert a request to a `Turn`. They pass it to `Answering.answer`, and
convert the `Output`s to the objects and events of their API.
"""
