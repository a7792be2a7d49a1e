"""The loop that a careful person writes: one forward pass for each note and context, logits only where a note is.

As a second contestant its linear layers multiply as ours do: what is left is what sharing, packing and attention save.
As a reference for sums it takes the softmax in float64: torch's own in float32 errs upwards, by up to 1e-5 a token.
"""

import torch
from job import Contestant, compete, dtype, read
from transformers import AutoModelForCausalLM


def main() -> None:
    job = read()
    model = AutoModelForCausalLM.from_pretrained(job["model"], dtype=dtype(job), local_files_only=True).eval()

    if job["our_products"]:
        from agentbits.engines import products

        products.exchange(model)

    wide = torch.float64 if job["exact"] else torch.float32

    def one(context: list[int], note: list[int]) -> list[float]:
        tokens = torch.tensor([context + note[:-1]])
        logits = model(tokens, use_cache=False, logits_to_keep=len(note)).logits[0].to(wide)
        return logits.log_softmax(-1).gather(1, torch.tensor(note)[:, None])[:, 0].tolist()

    @torch.inference_mode()
    def score(context: list[int], notes: list[list[int]]) -> list[list[float]]:
        return [one(context, note) for note in notes]

    compete(job, Contestant("transformers", model, score))


if __name__ == "__main__":
    main()
