from openai import OpenAI

client = OpenAI()
client.beta.agents.create(
    name="Grüße",
    model="gpt-6-luna",
    instructions="Greet.",
    metadata={"api_key": "sk-proj-Zk3v9Qm2Lx7Bt5Wn8Rc4Yd6Hf1Jg0Ks"},
    tools=[
        {"type": "mcp", "server_label": "one", "server_url": "https://one.example.org", "authorization": "eyQx9Zk3v9Qm2Lx7Bt5Wn8Rc4Yd6Hf1Jg0Ks"},
        {"type": "mcp", "server_label": "two", "server_url": "https://two.example.org", "authorization": "eyQx9Zk3v9Qm2Lx7Bt5Wn8Rc4Yd6Hf1Jg0Kt"},
        {"type": "mcp", "server_label": "too", "server_url": "https://one.example.org", "authorization": "eyQx9Zk3v9Qm2Lx7Bt5Wn8Rc4Yd6Hf1Jg0Ks"},
        {"type": "mcp", "server_url": "https://three.example.org"},
        {"type": "function", "description": "It has no name."},
    ],
)
client.responses.create(
    model="gpt-6-luna",
    instructions="Help.",
    tools=[{"type": "mcp", "server_label": "crm", "server_url": "https://crm.example.org/mcp", "headers": {"Authorization": "Bearer 9f8e7d6c5b4a39281706f5e4d3c2b1a0"}}],
)
client.beta.agents.create(
    name="OpenAI",
    model="gpt-6-luna",
    instructions="Help.",
    tools=[{"type": "mcp", "server_label": "crm", "server_url": "https://crm.example.org/mcp", "headers": {"Authorization": "Bearer 9f8e7d6c5b4a39281706f5e4d3c2b1a1"}}],
)
client.beta.agents.create(
    name="한국어",
    model="gpt-6-luna",
    instructions="Help.",
    tools=[{"type": "mcp", "server_label": "crm", "server_url": "https://crm.example.org/mcp", "headers": {"Authorization": "Bearer 9f8e7d6c5b4a39281706f5e4d3c2b1a2"}}],
)
