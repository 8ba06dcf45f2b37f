from openai import OpenAI
client = OpenAI(
assistant = client.beta.assistants.create(name="A")
