"""Who answers: from instructions, messages and tools, a model makes the outputs of one turn.

The endpoints of Responses, Runs and Sessions make a `Turn` from a request, and translate the `Output`s to the objects
and events of their API. `Answering.answer` is the call between them.
"""
