"""The loop that a careful person writes: one forward pass for each note and context, logits only where a note is.

As a second contestant its linear layers multiply as ours do: what is left is what sharing, packing and attention save.
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

    def one(context: list[int], note: list[int]) -> list[float]:
        tokens = torch.tensor([context + note[:-1]])
        logits = model(tokens, use_cache=False, logits_to_keep=len(note)).logits[0].float()
        return logits.log_softmax(-1).gather(1, torch.tensor(note)[:, None])[:, 0].tolist()

    @torch.inference_mode()
    def score(context: list[int], notes: list[list[int]]) -> list[list[float]]:
        return [one(context, note) for note in notes]

    compete(job, Contestant("transformers", model, score))


if __name__ == "__main__":
    main()
