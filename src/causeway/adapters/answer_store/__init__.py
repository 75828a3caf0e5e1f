"""What has to outlive an answer so that the next turn can build on it, for all workers of a gateway."""
