"""Documents and citations for models that know neither.

Pure: text and documents in, a prompt section and citations out. No I/O, no clock, no vendor's names.
What a citation must satisfy is measured by `make eval-citations`.
"""
