"""The life of a request: from a decoded request to a stream of events, whoever answers it."""
