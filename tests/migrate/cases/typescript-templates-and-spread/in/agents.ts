import OpenAI from "openai";
const client = new OpenAI();
const base = { model: "gpt-4.1", temperature: 0.2 } as const;
const who = "clerk";
const TOOLS = [{ type: "code_interpreter" as const }] satisfies Tool[];
export async function setUp(region: string) {
  const clerk = await client.beta.assistants.create({
    ...base,
    name: `Order ${who}`,
    instructions: `Serve ${region}.
Say \`hello\` and \${name}.`,
    tools: [...TOOLS, { type: "function", function: { name: "look_up", description: 'Looks ' + "up", parameters: { type: "object", properties: {}, required: [], } } }],
    metadata: { team: "sales", "x-y": `plain`, [who]: "computed" },
    temperature: 1 ? 0.1 : 0.2,
  });
  const store = await client.vectorStores.create({ name: "Prices", expires_after: { anchor: "last_active_at", days: 7 } });
  await client.beta.assistants.update(clerk.id, { tool_resources: { file_search: { vector_store_ids: [store.id] } } });
}
