"""What do our models show? From rows of answers and pools of notes to the numbers that claims are judged by.

| module | the question it answers |
|---|---|
| `models` | which models are compared, and how large is each? |
| `answers` | who answered what? one row an item, compressor and predictor |
| `numbers` | how does a measured number, or its absence, reach a claim? |
| `pooled` | how many bits do notes carry about near-duplicates? |
| `asymmetry` | which of the two models is worth scaling? |
| `sublinear` | do larger compressors cost hardly more? |
| `verdicts` | what do the committed numbers decide, and do the live ones agree? |
"""
