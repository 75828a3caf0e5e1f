"""Pure decisions: what to do, given the facts. No I/O; clock and randomness are passed in."""
