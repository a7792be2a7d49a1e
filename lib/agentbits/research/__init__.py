"""What does Deep Research cost, and how good is its report? The last experiment of the paper (§7).

A planner writes queries, a search returns pages, a compressor makes a note of each, a predictor writes the report.

| module | the question it answers |
|---|---|
| `criteria` | what is a report marked on? the tasks of DeepResearch Bench, from a copy |
| `citations` | what is left of a report without its citations? |
| `race` | how good is a report against a reference, as RACE counts it? |
| `bias` | what do many judgements say together, and what does standing first add? |
| `bills` | what did it cost, by stage and by model, and where does a saving come from? |
| `scenarios` | what would it cost with other pages, notes and prices, and where does compression break even? |
| `calculator` | the same for the reader of a page, without a kernel |
"""
