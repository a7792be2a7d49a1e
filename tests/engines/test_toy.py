"""The toy engine is the channel that it says it is: estimates from it meet the exact information."""

import numpy as np
import pytest

from agentbits import information, scoring
from agentbits.datasets import factbook
from agentbits.engines import Continuation, Sampling
from agentbits.engines.toy import ToyEngine
from agentbits.errors import InputError
from agentbits.prompts import COMPRESS

LN2 = np.log(2)


@pytest.mark.parametrize(("max_tokens", "temperature"), [(6, 1.0), (3, 1.0), (6, 0.6)])
def test_the_pool_estimate_meets_the_exact_information(max_tokens: int, temperature: float) -> None:
    engine = ToyEngine(strength=1.5)
    documents = factbook.load(6, document_words=30)
    prompts = [engine.encode(COMPRESS.fill(document, factbook.QUESTIONS[0])) for document in documents]
    sampling = Sampling(max_tokens=max_tokens, temperature=temperature, n_samples=200)
    scores = scoring.fill(engine, [prompts], [engine.generate(prompts, sampling)], temperature=temperature)
    bits = information.estimate(scores.log_prob_nats(), estimand="pool", scorer_is_sampler=True)
    channel = engine.channel(prompts, temperature=temperature, max_tokens=max_tokens)
    assert bits.error_bits is not None
    assert bits.lower_bits == pytest.approx(channel.information_bits(), abs=4 * bits.error_bits)


def test_a_stronger_channel_says_more() -> None:
    documents = factbook.load(4, document_words=30)
    exact = []
    for strength in (0.0, 0.5, 2.0):
        engine = ToyEngine(strength=strength)
        prompts = [engine.encode(COMPRESS.fill(document, factbook.QUESTIONS[0])) for document in documents]
        exact.append(engine.channel(prompts).information_bits())
    assert exact[0] == pytest.approx(0, abs=1e-12)
    assert exact[0] < exact[1] < exact[2] < np.log(4)


def test_foreign_tokens_and_languages_are_refused() -> None:
    with pytest.raises(InputError, match="token 9 is no word of the toy language; score notes that it wrote"):
        ToyEngine().score((200,), [Continuation((201,), (9,))])
    with pytest.raises(InputError, match="n_words=11; the toy language has 1 to 10 words"):
        ToyEngine(n_words=11)
