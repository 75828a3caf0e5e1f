"""Amazon Bedrock: Converse on both faces, its binary streams, token counts, and the bodies of InvokeModel."""
