"""The hot statements on campaigns' tables, a typed function each; everything else is ORM.

Lock order, everywhere: campaign (moves and mark only) → batch → recipients by id → progress → reservation → account;
money last. Before that rule the prototype had 80 deadlocks in nine chaos runs, after it none.
Status literals stand in the SQL: with a parameter a generic plan misses the partial index. Rows are persisted by
primary key only: an extra `campaign_id = …` makes the planner read the whole campaign on fresh statistics (half the
throughput).
"""
