import OpenAI from "openai";
const MODEL = "gpt-4o";
const client = new OpenAI();
export async function setUp(name: string) {
  const store = await client.vectorStores.create({ name: "Docs", file_ids: ["file-1"] });
  const assistant = await client.beta.assistants.create({
    name: 'Guide',
    model: MODEL,
    instructions: `Be kind.
Be brief.`,
    tools: [{ type: "file_search" }],
    tool_resources: { file_search: { vector_store_ids: [store.id] } },
    description: `For ${name}`,
  });
  await client.beta.agents.create({ name: "Runner", model: MODEL, instructions: "Run." });
}
