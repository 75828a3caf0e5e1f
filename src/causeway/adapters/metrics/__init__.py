"""Counts of what the gateway does, kept in every process and told as one to Prometheus."""
