const OpenAI = require("openai");
const openai = new OpenAI();
const tools = [{ type: "function", name: "look_up", description: "Looks up.", parameters: { type: "object", properties: {} }, strict: false }];
async function reply(input) {
  return openai.responses.create({ model: "gpt-6-luna", instructions: "Reply.", input, tools });
}
