"""EleutherAI's evaluation harness: what its `loglikelihood` calls once texts are tokens, with all its defaults.

It sorts requests and batches them; contexts are read again for each note, and logits are computed at every position.
Its `logits_cache` is on, and answers only requests that are equal up to the last token.
"""

from job import Contestant, Score, compete, faster, read
from lm_eval.models.huggingface import HFLM


def main() -> None:
    job = read()
    harness = HFLM(pretrained=job["model"], dtype=job["dtype"], device="cpu", batch_size=1)

    def score(context: list[int], notes: list[list[int]]) -> list[list[float]]:
        requests = [(("", ""), context, note) for note in notes]
        return [[value] for value, _ in harness._loglikelihood_tokens(requests, disable_tqdm=True)]

    def resize(size: int) -> Score:
        harness.batch_size_per_gpu = size
        return score

    size, trial = faster(job, resize)
    compete(job, Contestant("lm-eval", harness.model, resize(size), size, trial))


if __name__ == "__main__":
    main()
