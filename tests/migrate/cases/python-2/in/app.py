print "hello"
client.beta.assistants.create(model="gpt-4o")
