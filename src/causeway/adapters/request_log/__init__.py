"""A lasting log of calls, in SQLite: one row for each, without anything that was said in it."""
