"""What do our models show? From rows of answers and pools of notes to the numbers that claims are judged by.

| module | the question it answers |
|---|---|
| `models` | which models are compared, and how large is each? |
| `answers` | who answered what? one row an item, compressor and predictor |
| `numbers` | how does a measured number, or its absence, reach a claim? |
| `asymmetry` | which of the two models is worth scaling? |
"""
