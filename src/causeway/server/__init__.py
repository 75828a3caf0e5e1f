"""The ASGI application and its composition root."""
