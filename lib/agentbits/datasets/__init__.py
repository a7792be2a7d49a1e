"""Which questions over which documents? One module a set, all returning `records.Document` and `records.Question`."""
