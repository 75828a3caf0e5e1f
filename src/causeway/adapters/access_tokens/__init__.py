"""Tokens that keys of providers stand for: how they are got, and how long they are kept."""
