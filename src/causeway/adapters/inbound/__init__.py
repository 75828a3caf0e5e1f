"""The way in: an HTTP/1.1 server for ASGI applications. httptools parses, the event loop carries."""
