"""minicons: what its `conditional_score` calls once texts are tokens, so that the tokens are ours.

`conditional_score` itself tokenises context and note as one text, and takes the length of the context to be the number
of its tokens that are no padding token: with a chat template, whose end-of-turn token is the padding token of many
models, that is too few. Contexts are read again for each note, and logits are computed at every position.
"""

from collections.abc import Callable

import torch
from job import Contestant, Score, compete, dtype, faster, read
from minicons.scorer import IncrementalLMScorer
from transformers import BatchEncoding


def batched(scorer: IncrementalLMScorer) -> Callable[[int], Score]:
    """Return what scores notes of one length in batches of a given size."""

    def some(context: list[int], notes: list[list[int]]) -> list[list[float]]:
        tokens = torch.tensor([context + note for note in notes])
        encoded = BatchEncoding({"input_ids": tokens, "attention_mask": torch.ones_like(tokens)})
        offsets = [len(context) - 1] * len(notes)
        return [values.tolist() for values in scorer.compute_stats((encoded, offsets), return_tensors=True)]

    def make(size: int) -> Score:
        def score(context: list[int], notes: list[list[int]]) -> list[list[float]]:
            batches = [notes[start : start + size] for start in range(0, len(notes), size)]
            return [values for batch in batches for values in some(context, batch)]

        return score

    return make


def main() -> None:
    job = read()
    scorer = IncrementalLMScorer(job["model"], "cpu", dtype=dtype(job))
    size, trial = faster(job, batched(scorer))
    compete(job, Contestant("minicons", scorer.model, batched(scorer)(size), size, trial))


if __name__ == "__main__":
    main()
