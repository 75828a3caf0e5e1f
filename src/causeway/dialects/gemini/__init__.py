"""Google's Gemini API: generateContent and what stands beside it, at Google AI and at Vertex."""
