"""Where the vendors' APIs stand in the gateway: under their own name, and under the frameworks'."""

FRAMEWORKS = ("/langchain", "/pydanticai", "/litellm")


def mounts(vendor: str) -> tuple[str, ...]:
    """Return the prefixes of a vendor's paths: its own, and each framework's, with it (`/langchain/cohere`)
    and without. `vendor` is the segment that names it.
    """
    nested = (f"{framework}/{vendor}" for framework in FRAMEWORKS)
    return (f"/{vendor}", *nested, *FRAMEWORKS)
