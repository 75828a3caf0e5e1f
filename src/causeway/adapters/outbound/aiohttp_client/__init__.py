"""The client over aiohttp's connections, for who would rather rely on a library."""
