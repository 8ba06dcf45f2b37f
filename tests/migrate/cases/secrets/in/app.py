client.responses.create(
    model="gpt-6-luna",
    instructions="Use the key sk-proj-Zk3v9Qm2Lx7Bt5Wn8Rc4Yd6Hf1Jg0Ks for it.",
    tools=[
        {
            "type": "mcp",
            "server_label": "crm",
            "server_url": "https://crm.example.org/mcp",
            "headers": {"X-Api-Key": "9f8e7d6c5b4a39281706f5e4d3c2b1a0"},
            "authorization": "eyQx9Zk3v9Qm2Lx7Bt5Wn8Rc4Yd6Hf1Jg0Ks",
        }
    ],
)
