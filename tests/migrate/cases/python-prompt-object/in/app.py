def translate(text):
    return client.responses.create(
        prompt={"id": "pmpt_abc", "version": "4", "variables": {"language": "ko"}}, input=text, model="gpt-4o"
    )
