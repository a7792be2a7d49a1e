"""What does Deep Research cost, and how good is its report? The last experiment of the paper (§7).

A planner writes queries, a search returns pages, a compressor makes a note of each, a predictor writes the report.

| module | the question it answers |
|---|---|
| `plans` | what is to be searched for? |
| `gathering` | which pages does a plan bring? |
| `notes` | what does each page say about the task? |
| `reports` | who writes the report, from what, and how much of that fits? |
| `references` | which pages does it cite, and were they read? |
| `system` | how does one task run? |
| `runs` | how are many run, stopped and taken up again? |
| `systems` | which systems have names? the offline one, the paper's |
| `command` | what does `agentbits research` do? |
| `prompts`, `calls` | what are models told, what does a call take, and may the run still pay for it? |
| `keeping`, `showing` | what is done already? how is a report shown? |
| `tasks` | which research can be checked without a judge? ten tasks over the World Factbook |
| `coverage`, `statements`, `tables` | which claims are right, how many facts are told, and how a text is read for it |
| `specimens` | which reports have a known precision and coverage, and how far off are the measures on them? |
| `outcomes` | what came of the tasks, in numbers? |
| `criteria` | what is a report marked on? the tasks of DeepResearch Bench, from a copy |
| `citations` | what is left of a report without its citations? |
| `race` | how good is a report against a reference, as RACE counts it? |
| `judging` | what does a judge say of two reports? |
| `bias` | what do many judgements say together, and what does standing first add? |
| `bills` | what did it cost, by stage and by model, and where does a saving come from? |
| `scenarios` | what would it cost with other pages, notes and prices, and where does compression break even? |
| `calculator` | the same for the reader of a page, without a kernel |
"""
