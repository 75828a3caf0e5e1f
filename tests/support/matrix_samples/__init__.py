"""What the support matrices ask and answer: one sample for each feature, in the words of a dialect.

A module for each dialect, with the same four names: `PLAIN_TURN` is the least that a caller can ask,
`REQUESTS` are samples of what else it can ask, `PLAIN_ANSWER` is the least that a provider can answer, and
`ANSWERS` are samples of what else it can say.
"""
