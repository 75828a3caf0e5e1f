"""Tools for tests against the gateway, and against anything that calls model providers."""
