// Drives the gateway at the given URL with Cohere's TypeScript SDK and prints what it saw as one JSON
// object a flow. Usage: node client.mjs <flow> <base URL>
import { CohereClient, CohereClientV2 } from "cohere-ai";

const [flow, environment] = process.argv.slice(2);
const options = { token: "any", environment, maxRetries: 0 };
const client = new CohereClientV2(options);
const older = new CohereClient(options);
const model = "command-a-03-2025";
const messages = [{ role: "user", content: "What is the capital of France?" }];

async function collect(stream) {
    const events = [];
    for await (const event of stream) events.push(event);
    return events;
}

async function caught(act) {
    try {
        return { returned: await act() };
    } catch (error) {
        return { name: error.constructor.name, statusCode: error.statusCode, body: error.body };
    }
}

const flows = {
    chat: () => client.chat({ model, messages, temperature: 0 }),
    chatStream: async () => collect(await client.chatStream({ model, messages, temperature: 0 })),
    tools: () =>
        client.chat({
            model,
            messages,
            tools: [
                {
                    type: "function",
                    function: {
                        name: "search",
                        parameters: { type: "object", properties: { q: { type: "string" } }, required: ["q"] },
                    },
                },
            ],
            toolChoice: "REQUIRED",
        }),
    toolResult: () =>
        client.chat({
            model,
            messages: [
                ...messages,
                {
                    role: "assistant",
                    toolPlan: "I will look.",
                    toolCalls: [{ id: "search_1", type: "function", function: { name: "search", arguments: "{}" } }],
                },
                {
                    role: "tool",
                    toolCallId: "search_1",
                    content: [{ type: "document", document: { data: { answer: "Paris" }, id: "d" } }],
                },
            ],
        }),
    documents: () => client.chat({ model, messages, documents: ["a fact", { id: "d", data: { text: "b" } }] }),
    responseFormat: () =>
        client.chat({
            model,
            messages,
            responseFormat: {
                type: "json_object",
                jsonSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
            },
        }),
    badRequest: () => caught(() => client.chat({ model, messages, temperature: 3 })),
    badStream: () => caught(async () => collect(await client.chatStream({ model, messages, temperature: 3 }))),
    older: () => older.chat({ message: messages[0].content, temperature: 0 }),
    olderStream: async () => collect(await older.chatStream({ message: messages[0].content, temperature: 0 })),
};

console.log(JSON.stringify(await flows[flow]()));
