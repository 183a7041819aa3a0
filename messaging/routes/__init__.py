"""Routes: who carries a batch (`choose`), how well that goes (`health`, `slow`), and what staff changes (`changes`)."""
