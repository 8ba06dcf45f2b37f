"""What teams write first: a script that uploads the files and fills the vector stores, one call after another."""

import sys
from pathlib import Path

from openai import OpenAI

books = Path(sys.argv[1]) / "manifests" / "books"
client = OpenAI(max_retries=0)
for folder in sorted(books.iterdir()):
    store = client.vector_stores.create(name=folder.name)
    uploads = [client.files.create(file=path, purpose="assistants") for path in sorted(folder.iterdir())]
    for start in range(0, len(uploads), 500):
        part = [upload.id for upload in uploads[start : start + 500]]
        client.vector_stores.file_batches.create_and_poll(store.id, file_ids=part, poll_interval_ms=100)
