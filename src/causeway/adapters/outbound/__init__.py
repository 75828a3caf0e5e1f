"""The way out of the gateway: two clients behind one port, and what they share."""
