# -*- coding: latin-1 -*-
client.beta.assistants.create(model="gpt-4o", name="Café")
