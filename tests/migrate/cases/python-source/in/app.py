"""An application."""

import os

from openai import OpenAI

MODEL = "gpt-4o"
COMMON = {"model": MODEL, "temperature": 0.3}
client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
store = client.vector_stores.create(name="Docs", expires_after={"anchor": "last_active_at", "days": 7})
for_code = client.files.create(file=open("data/table.csv", "rb"), purpose="assistants")
client.vector_stores.file_batches.create(vector_store_id=store.id, file_ids=["file-1", "file-2"])


def answer_question(question: str) -> str:
    response = client.responses.create(
        **COMMON,
        instructions="Answer " + "briefly.",
        input=question,
        tools=[
            {"type": "file_search", "vector_store_ids": [store.id], "max_num_results": 3},
            {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [for_code.id]}},
        ],
        metadata={"user": f"u-{question}"},
        max_output_tokens=int(os.environ["MAX"]),
    )
    return response.output_text


assistant = client.beta.assistants.create(name="Guide", model=MODEL, tools=[{"type": "file_search"}])
client.beta.assistants.update(assistant.id, tool_resources={"file_search": {"vector_store_ids": [store.id]}})
