"""Everything that touches the world outside the gateway, each behind a port of the pipeline."""
