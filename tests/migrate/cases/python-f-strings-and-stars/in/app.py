from openai import OpenAI
client = OpenAI()
MODEL = "gpt-4.1"
COMMON = {"temperature": 0.3, "metadata": {"team": "ops"}}
region = input()
PROMPT = (
    "You answer "
    "tickets.\n"
) + "Be kind."
def make(name, **kwargs):
    return client.beta.assistants.create(name=name, model=MODEL, **kwargs)
desk = client.beta.assistants.create(
    model=MODEL, name=f"Desk {region}", instructions=PROMPT, tools=[{"type": "code_interpreter"}] * 1, **COMMON
)
clerk = client.beta.assistants.create(**{"model": f"{MODEL}", "name": "Clerk", "instructions": f"Serve {region!r}."})
r = client.responses.create(model=MODEL, instructions="""\
    Line one.
    {braces} ${dollar}
""".strip(), input="hi", tools=[{"type": "web_search"}], max_output_tokens=2 ** 10, temperature=-0.0 + 0.5)
