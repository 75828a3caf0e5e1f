"""The gateway's own HTTP/1.1 client: httptools parses, the event loop carries."""
