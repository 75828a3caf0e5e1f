"""What Gemini's callers ask and Gemini answers."""

from typing import Any

from support.matrix_samples.sample import (
    ASKED,
    OPEN_SCHEMA,
    PAGE,
    PDF,
    PNG,
    SCHEMA,
    SPOKEN,
    TALL,
    Body,
    Pair,
    Sample,
)

HI: Body = {"role": "user", "parts": [{"text": ASKED}]}
PLAIN_TURN: Body = {"contents": [HI]}
DECLARED: Body = {"name": "look_up", "description": "looks", "parametersJsonSchema": SCHEMA}
OTHER: Body = {**DECLARED, "name": "write_down"}
WITH_TOOLS: Body = {"tools": [{"functionDeclarations": [DECLARED, OTHER]}]}
CALL: Body = {"functionCall": {"id": "look_up_1", "name": "look_up", "args": {"height": "x"}}}
RESULT: Body = {
    "functionResponse": {"id": "look_up_1", "name": "look_up", "response": {"output": "a result"}}
}
IMAGE: Body = {"inlineData": {"mimeType": "image/png", "data": PNG}}
IMAGE_BY_ADDRESS: Body = {"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/penguin.png"}}
THOUGHT: Body = {"text": "hm", "thought": True}
SIGNED_CALL: Body = {**CALL, "thoughtSignature": "CiQBcsjafA=="}
RAN: Body = {"executableCode": {"language": "PYTHON", "code": "print(122)"}}
HARMS = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")


def turns(*contents: Body) -> Body:
    return {"contents": [HI, *contents]}


def say(*parts: Body) -> Body:
    return {"contents": [{"role": "user", "parts": [{"text": "see"}, *parts]}]}


def wrote(*parts: Body) -> Body:
    return {"role": "model", "parts": list(parts)}


def returned(**members: Any) -> Body:
    return {"role": "user", "parts": [{"functionResponse": {**RESULT["functionResponse"], **members}}]}


def generate(**options: Any) -> Body:
    return {"generationConfig": options}


def think(**options: Any) -> Body:
    return generate(thinkingConfig=options)


def choose(mode: str, *names: str) -> Body:
    named = {"allowedFunctionNames": list(names)} if names else {}
    return {"toolConfig": {"functionCallingConfig": {"mode": mode, **named}}}


def guard(threshold: str, *harms: str) -> Body:
    settings = [{"category": f"HARM_CATEGORY_{harm}", "threshold": threshold} for harm in harms]
    return {"safetySettings": settings}


REQUESTS = [
    Sample("`systemInstruction`", {"systemInstruction": {"parts": [{"text": "be brief"}]}}),
    Sample("text parts", say({"text": "another"}), say()),
    Sample("image in the body", say(IMAGE), say()),
    Sample("image by address", say(IMAGE_BY_ADDRESS), say()),
    Sample(
        "PDF in the body",
        say({"inlineData": {"mimeType": "application/pdf", "data": PDF, "displayName": "a.pdf"}}),
        say(),
    ),
    Sample("audio", say({"inlineData": {"mimeType": "audio/wav", "data": "UklG"}}), say()),
    Sample(
        "video in Google's store",
        say({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://bucket/a.mp4", "displayName": "a"}}),
        say(),
    ),
    Sample(
        "`videoMetadata`",
        say(
            {
                "fileData": {"mimeType": "video/mp4", "fileUri": "gs://bucket/a.mp4"},
                "videoMetadata": {"fps": 2},
            }
        ),
        say(),
    ),
    Sample("assistant text", turns(wrote({"text": TALL}), HI), turns(HI)),
    Sample("assistant thinking", turns(wrote(THOUGHT, {"text": TALL}), HI), turns(wrote({"text": TALL}), HI)),
    Sample(
        "signed thinking",
        turns(wrote({**THOUGHT, "thoughtSignature": "CiQBcsjafA=="}, {"text": TALL}), HI),
        turns(wrote({"text": TALL}), HI),
    ),
    Sample("code that Gemini ran", turns(wrote(RAN, {"text": TALL}), HI), turns(wrote({"text": TALL}), HI)),
    Sample("tool calls", turns(wrote(CALL), returned()), turns()),
    Sample(
        "object as a tool's result",
        turns(wrote(CALL), returned(response={"tall": True})),
        turns(wrote(CALL), returned()),
    ),
    Sample(
        "`error` of a result",
        turns(wrote(CALL), returned(response={"error": "a result"})),
        turns(wrote(CALL), returned()),
    ),
    Sample(
        "image in a tool's result",
        turns(wrote(CALL), returned(parts=[IMAGE])),
        turns(wrote(CALL), returned()),
    ),
    Sample("tools", WITH_TOOLS),
    Sample(
        "`parameters` as Gemini's schema",
        {
            "tools": [
                {
                    "functionDeclarations": [
                        {
                            "name": "look_up",
                            "parameters": {"type": "OBJECT", "properties": {"height": {"type": "STRING"}}},
                        }
                    ]
                }
            ]
        },
    ),
    Sample(
        "Google's own tools",
        {
            "tools": [
                {"functionDeclarations": [DECLARED]},
                {"googleSearch": {"excludeDomains": ["example.com"]}},
            ]
        },
        {"tools": [{"functionDeclarations": [DECLARED]}]},
    ),
    Sample("`mode` `ANY`", choose("ANY"), WITH_TOOLS),
    Sample("`mode` `NONE`", choose("NONE"), WITH_TOOLS),
    Sample("`mode` `VALIDATED`", choose("VALIDATED"), WITH_TOOLS),
    Sample("`allowedFunctionNames` of one", choose("ANY", "look_up"), WITH_TOOLS),
    Sample(
        "`allowedFunctionNames` of several",
        choose("ANY", "look_up", "write_down"),
        {"tools": [{"functionDeclarations": [DECLARED, OTHER, {**OTHER, "name": "third"}]}]},
    ),
    Sample("`retrievalConfig`", {"toolConfig": {"retrievalConfig": {"languageCode": "fi"}}}),
    Sample("`responseMimeType` JSON", generate(responseMimeType="application/json")),
    Sample("`responseJsonSchema`", generate(responseMimeType="application/json", responseJsonSchema=SCHEMA)),
    Sample(
        "`responseSchema`",
        generate(
            responseMimeType="application/json",
            responseSchema={"type": "OBJECT", "properties": {"height": {"type": "STRING"}}},
        ),
    ),
    Sample(
        "`responseMimeType` `text/x.enum`",
        generate(responseMimeType="text/x.enum", responseSchema={"type": "STRING", "enum": ["a", "b"]}),
    ),
    Sample("`maxOutputTokens`", generate(maxOutputTokens=50)),
    Sample("stop sequences, up to 4", generate(stopSequences=["AAA", "BBB", "CCC", "DDD"])),
    Sample(
        "sixth stop sequence",
        generate(stopSequences=["AAA", "BBB", "CCC", "DDD", "EEE", "THE-END"]),
        generate(stopSequences=["AAA", "BBB", "CCC", "DDD"]),
    ),
    Sample("`temperature`", generate(temperature=0.5)),
    Sample("`temperature` above 1", generate(temperature=1.5)),
    Sample("`topP`", generate(topP=0.9)),
    Sample("`topK`", generate(topK=40)),
    Sample("`seed`", generate(seed=7)),
    Sample("`frequencyPenalty`", generate(frequencyPenalty=0.5)),
    Sample("`presencePenalty`", generate(presencePenalty=0.5)),
    Sample("`responseLogprobs`", generate(responseLogprobs=True)),
    Sample("`logprobs`", generate(responseLogprobs=True, logprobs=3), generate(responseLogprobs=True)),
    Sample("`candidateCount`", generate(candidateCount=2)),
    Sample("`thinkingBudget`", think(thinkingBudget=3000, includeThoughts=True)),
    Sample("`thinkingBudget` 0", think(thinkingBudget=0)),
    Sample("`thinkingLevel`", think(thinkingLevel="LOW", includeThoughts=True)),
    Sample("`includeThoughts`", think(includeThoughts=True)),
    Sample(
        "thinking that is not shown",
        think(thinkingBudget=3000, includeThoughts=False),
        think(thinkingBudget=3000, includeThoughts=True),
    ),
    Sample("`safetySettings`, all strict", guard("BLOCK_LOW_AND_ABOVE", *HARMS)),
    Sample("`safetySettings`, all off", guard("BLOCK_NONE", *HARMS)),
    Sample("`safetySettings` of one kind", guard("BLOCK_ONLY_HIGH", HARMS[0])),
    *(
        Sample(f"`generationConfig.{name}`", generate(**{name: value}))
        for name, value in {
            "responseModalities": ["TEXT", "IMAGE"],
            "mediaResolution": "MEDIA_RESOLUTION_LOW",
            "speechConfig": {"languageCode": "fi"},
        }.items()
    ),
    *(
        Sample(f"`{name}`", {name: value})
        for name, value in {"cachedContent": "cachedContents/1", "labels": {"team": "birds"}}.items()
    ),
    Sample(
        "schema with optional properties",
        {"tools": [{"functionDeclarations": [{**DECLARED, "parametersJsonSchema": OPEN_SCHEMA}]}]},
    ),
]


def answer(*parts: Body, finish_reason: str = "STOP", candidate: Body | None = None, **fields: Any) -> Body:
    content = {"role": "model", "parts": list(parts)}
    return {
        "candidates": [{"content": content, "finishReason": finish_reason, "index": 0, **(candidate or {})}],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13},
        "modelVersion": "m",
        "responseId": "response_1",
        **fields,
    }


def counted(**counts: int) -> Body:
    plain = {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13}
    return answer(WORDS, usageMetadata={**plain, **counts})


def grounded(kind: str, **chunk: str) -> Body:
    support = {
        "segment": {"startIndex": 0, "endIndex": 7, "text": "Emperor"},
        "groundingChunkIndices": [0],
    }
    metadata = {"groundingChunks": [{kind: chunk}], "groundingSupports": [support]}
    return answer(WORDS, candidate={"groundingMetadata": metadata})


def probable(**members: Any) -> Body:
    chosen = {"token": "Emperor", "logProbability": -0.25, **members.pop("chosen", {})}
    result = {"chosenCandidates": [chosen], **members}
    return answer({"text": "Emperor"}, candidate={"logprobsResult": result})


WORDS: Body = {"text": SPOKEN}
X: Body = {"text": "x"}
PLAIN_ANSWER = answer(WORDS)
ALTERNATIVES: list[Body] = [{"candidates": [{"token": "King", "logProbability": -1.5}]}]

ANSWERS: dict[str, Pair] = {
    "text": (PLAIN_ANSWER, answer(X)),
    "thinking": (answer(THOUGHT, X), answer(X)),
    "signed thinking before tool calls": (answer(SIGNED_CALL), answer(CALL)),
    "tool calls": (answer(CALL), answer()),
    "text before tool calls": (answer({"text": "I look."}, CALL), answer(CALL)),
    "calls of the provider's own tools": (answer(RAN, X), answer(X)),
    "images": (answer(IMAGE, X), answer(X)),
    "citations of documents": (
        grounded("retrievedContext", uri="penguins", title="Penguins", text="tall"),
        PLAIN_ANSWER,
    ),
    "citations of pages": (grounded("web", uri=PAGE["url"], title=PAGE["title"]), PLAIN_ANSWER),
    "log probabilities": (probable(), answer({"text": "Emperor"})),
    "token ids": (probable(chosen={"tokenId": 77}), answer({"text": "Emperor"})),
    "alternatives of tokens": (probable(topCandidates=ALTERNATIVES), answer({"text": "Emperor"})),
    "end by the model": (PLAIN_ANSWER, answer(WORDS, finish_reason="MAX_TOKENS")),
    "end by length": (answer(WORDS, finish_reason="MAX_TOKENS"), PLAIN_ANSWER),
    "end by a filter": (answer(WORDS, finish_reason="SAFETY"), PLAIN_ANSWER),
    "end by an error": (answer(WORDS, finish_reason="MALFORMED_FUNCTION_CALL"), PLAIN_ANSWER),
    "counts of tokens": (PLAIN_ANSWER, answer(WORDS, usageMetadata={})),
    "cached tokens": (counted(cachedContentTokenCount=3), PLAIN_ANSWER),
    "reasoning tokens": (counted(thoughtsTokenCount=2, totalTokenCount=15), PLAIN_ANSWER),
    "further choices": (
        answer(
            WORDS, candidates=[answer(WORDS)["candidates"][0], {**answer(X)["candidates"][0], "index": 1}]
        ),
        PLAIN_ANSWER,
    ),
    "a vendor's own fields": (
        answer(WORDS, candidate={"urlContextMetadata": {"urlMetadata": [{"retrievedUrl": PAGE["url"]}]}}),
        PLAIN_ANSWER,
    ),
}
