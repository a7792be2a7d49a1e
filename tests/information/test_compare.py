"""The difference of two compressors: paired, with the error that repetition shows."""

import numpy as np
import pytest

from agentbits import information
from agentbits.channels import Facts, Gaussian, coin, sampled_array
from agentbits.errors import ArrayError


def pairs(n_seeds: int, n_contexts: int = 48) -> list[tuple[np.ndarray, np.ndarray]]:
    """A careful and a careless compressor on the same contexts."""
    rng, careful, careless = np.random.default_rng(0), Facts(2, 2, 0.9, 0.05), Facts(2, 2, 0.6, 0.05)
    drawn = []
    for _ in range(n_seeds):
        contexts = careful.contexts(n_contexts, rng)
        notes = [channel.notes(contexts, 2, rng) for channel in (careful, careless)]
        drawn.append((careful.log_prob_nats(notes[0], contexts), careless.log_prob_nats(notes[1], contexts)))
    return drawn


TRUTH_BITS = Facts(2, 2, 0.9, 0.05).information_bits() - Facts(2, 2, 0.6, 0.05).information_bits()


@pytest.mark.parametrize("estimand", ["pool", "population"])
def test_the_error_is_that_of_repetition(estimand: str) -> None:
    found = [
        information.compare(a, b, estimand=estimand, scorer_is_sampler=True)  # type: ignore[arg-type]
        for a, b in pairs(200)
    ]
    differences = np.array([d.difference_bits for d in found])
    errors = np.array([d.error_bits for d in found])
    if estimand == "population":
        assert np.mean([d.estimator == "point" for d in found]) > 0.8
        assert differences.mean() == pytest.approx(TRUTH_BITS, abs=4 * differences.std() / np.sqrt(200))
        covered = [d.interval_bits[0] <= TRUTH_BITS <= d.interval_bits[1] for d in found if d.interval_bits]
        assert np.mean(covered) >= 0.92
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(differences.std(), rel=0.15)
        apart = np.hypot(
            *np.mean([(d.a.point_error_bits, d.b.point_error_bits) for d in found if d.interval_bits], axis=0)
        )
        assert errors.mean() < apart, "what the contexts share cancels"
    else:
        assert {d.estimator for d in found} == {"contrast"}
        apart = [np.hypot(d.a.error_bits, d.b.error_bits) for d in found]
        np.testing.assert_allclose(errors, apart)


def test_its_interval_covers_where_few_arrays_pass() -> None:
    """At the threshold of the gap those that pass do so by luck; the interval must know."""
    strong, weak = Gaussian.of_information(2 * 1.4427, 8), Gaussian.of_information(0.5 * 1.4427, 8)
    rng, truth, covered = np.random.default_rng(0), 1.5 * 1.4427, []
    for _ in range(600):
        contexts = strong.contexts(64, rng)
        arrays = [each.log_prob_nats(each.notes(contexts, 2, rng), contexts) for each in (strong, weak)]
        found = information.compare(*arrays, estimand="population", scorer_is_sampler=True)
        if found.interval_bits:
            covered.append(found.interval_bits[0] <= truth <= found.interval_bits[1])
    assert len(covered) > 20
    assert np.mean(covered) >= 0.92


def test_a_compressor_does_not_differ_from_itself() -> None:
    a = sampled_array(coin(0.1), 32, 2, rng=np.random.default_rng(1))
    same = information.compare(a, a, estimand="population", scorer_is_sampler=True)
    assert (same.difference_bits, same.error_bits) == (0.0, 0.0)


def test_lower_bounds_have_a_difference_but_no_interval() -> None:
    a, b = pairs(1)[0]
    proxies = information.compare(a, b, estimand="population", scorer_is_sampler=False)
    assert (proxies.estimator, proxies.interval_bits) == ("contrast", None)
    assert proxies.error_bits is not None
    single = information.compare(a[:, :1], b[:, :1], estimand="pool", scorer_is_sampler=True)
    assert (single.error_bits, single.interval_bits) == (None, None)
    assert information.compare(a, b[:, :1], estimand="population", scorer_is_sampler=True).b.n_summaries == 1


def test_questions_of_their_own_take_the_points_away() -> None:
    a, b = pairs(1)[0]
    rows = information.compare(a, b, estimand="population", scorer_is_sampler=True, questions="row-wise")
    assert (rows.estimator, rows.interval_bits, rows.a.question_design) == ("contrast", None, "row-wise")


def test_a_pool_that_is_rarely_wrong_is_covered() -> None:
    """With no wrong note in sight two contrasts do not differ and show no spread."""
    careful, careless, rng = coin(0.01), coin(0.05), np.random.default_rng(4)
    contexts = np.arange(2)[:, np.newaxis]
    truth, covered, alone = careful.information_bits() - careless.information_bits(), [], []
    for _ in range(200):
        arrays = [each.log_prob_nats(each.notes(contexts, 4, rng), contexts) for each in (careful, careless)]
        found = information.compare(*arrays, estimand="pool", scorer_is_sampler=True)
        low, high = found.interval_bits
        covered.append(low - 1e-9 <= truth <= high + 1e-9)  # the average is exact here, to the last digit
        alone.append(abs(found.difference_bits - truth) <= 2 * found.error_bits)
    assert np.mean(alone) < 0.6
    assert np.mean(covered) >= 0.92


def test_pruned_arrays_make_the_interval_longer_and_take_points_away() -> None:
    arrays = [
        sampled_array(coin(error), 48, 4, rng=np.random.default_rng(seed)) for seed, error in enumerate((0.1, 0.2))
    ]
    whole, pruned = (
        information.compare(*arrays, estimand="pool", scorer_is_sampler=True, pruned_nats=nats)
        for nats in ((0.0, 0.0), (0.01, 0.02))
    )
    assert pruned.difference_bits == whole.difference_bits
    of_a, of_b = ((nats * np.array([1, 1 + 2 * np.log(48) - np.log(nats)])) / np.log(2) for nats in (0.01, 0.02))
    assert whole.interval_bits[0] - pruned.interval_bits[0] == pytest.approx(of_a[0] + of_b[1])
    assert pruned.interval_bits[1] - whole.interval_bits[1] == pytest.approx(of_a[1] + of_b[0])
    a, b = pairs(1)[0]
    points, without = (
        information.compare(a, b, estimand="population", scorer_is_sampler=True, pruned_nats=nats)
        for nats in ((0.0, 0.0), (0.0, 0.01))
    )
    assert (points.estimator, without.estimator, without.interval_bits) == ("point", "contrast", None)


def test_other_contexts_are_refused() -> None:
    a, b = pairs(1)[0]
    with pytest.raises(ArrayError, match=r"a has \(Q, N\) = \(1, 48\), b has \(1, 47\); a comparison needs the same"):
        information.compare(a, b[:47, :, :47], estimand="pool", scorer_is_sampler=True)
