"""What do our models show? From rows of answers and pools of notes to the numbers that claims are judged by.

| module | the question it answers |
|---|---|
| `models` | which models are compared, and how large is each? |
| `answers` | who answered what? one row an item, compressor and predictor |
| `numbers` | how does a measured number, or its absence, reach a claim? |
| `pooled` | how many bits do notes carry about near-duplicates? |
| `density` | what is a ratio of bits a token made of? |
| `paired` | how many bits do notes carry, and how well does a reader answer from the same notes? |
| `prediction` | do bits predict answers? |
| `region` | which accuracy do so many bits allow, and do they grant it? |
| `nametag` | what does a note of nothing but a name get? |
| `saturation` | which compressor's estimate reaches its ceiling? |
| `asymmetry` | which of the two models is worth scaling? |
| `knobs` | which matters most: family, compressor size or predictor size? |
| `taxonomy` | how do notes fail? |
| `templates` | what does a foreign chat template cost a model? |
| `sublinear` | do larger compressors cost hardly more? |
| `printed` | which of the paper's numbers about one pair of models are one number? |
| `crossover` | up to which prompt can a larger compressor make up for its reading by writing less? |
| `traffic` | how many bytes move for a token, and what do weights of fewer bits change? |
| `connecting` | which engine runs which model? |
| `workload`, `bill` | what do models do in a run, and what will that cost? |
| `readings` | how many bits do joined or cut notes carry, and how well are they read? |
| `distortion` | how does distortion fall with the rate, and to which floor? |
| `tradeoff` | which curves fit, and how far above the least rate do models lie? |
| `conciseness` | do scaling trends keep their shape when notes must be short? |
| `rounds` | does what several notes tell together stop growing, and what ends, the dialogue or the ruler? |
| `proxies` | does another scorer shift all estimates by the same amount? |
| `experts` | what do experts and thoughts cost? |
| `verdicts` | what do the committed numbers decide, and do the live ones agree? |
"""
