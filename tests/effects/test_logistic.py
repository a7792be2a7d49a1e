"""The regression agrees with closed forms and other people's code, and its intervals hold what they should."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import f as fisher
from scipy.stats import t as student
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from agentbits import effects
from agentbits.errors import InputError

TERMS = ["family", "log2_compressor", "log2_predictor", "dataset"]
SCALES = ("sd_log_odds", "range_points", "deviance_share")
Simulate = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def rows(simulated: Simulate) -> pd.DataFrame:
    return simulated(np.random.default_rng(0))


@pytest.fixture(scope="module")
def fitted(rows: pd.DataFrame) -> effects.Logistic:
    return effects.logistic(rows, "right", TERMS, ["document"])


def matrix(rows: pd.DataFrame) -> np.ndarray:
    levels = [rows.family == "b", rows.family == "c", rows.log2_compressor, rows.log2_predictor]
    return np.column_stack([np.ones(len(rows)), *levels, rows.dataset == "finance"]).astype(float)


def model(rows: pd.DataFrame, columns: list[int] | None = None) -> GLM:
    return GLM(rows.right.to_numpy(float), matrix(rows)[:, columns or list(range(6))], family=Binomial())


def test_statsmodels_finds_the_same_from_the_rows_themselves(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    groups = pd.factorize(rows.document)[0]
    oracle = model(rows).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True})
    np.testing.assert_allclose(fitted.table.coefficient, oracle.params, atol=1e-9)
    np.testing.assert_allclose(fitted.table.error, oracle.bse, rtol=1e-6)
    np.testing.assert_allclose(fitted.predicted[fitted.design.cell], oracle.fittedvalues, atol=1e-9)
    assert fitted.method == "clustered by document"
    assert fitted.n_clusters == 20


def test_rows_of_the_table_say_what_is_compared_with_what(fitted: effects.Logistic) -> None:
    assert fitted.table[["term", "level", "reference"]].to_numpy().tolist() == [
        ["intercept", "", ""],
        ["family", "b", "a"],
        ["family", "c", "a"],
        ["log2_compressor", "", ""],
        ["log2_predictor", "", ""],
        ["dataset", "finance", "health"],
    ]


def covariance_by_hand(rows: pd.DataFrame, groups: pd.Series) -> np.ndarray:
    found, X = model(rows).fit(), matrix(rows)
    scores = pd.DataFrame(X * (rows.right - found.fittedvalues).to_numpy()[:, None]).groupby(groups.to_numpy()).sum()
    bread = np.linalg.inv(X.T @ (X * (found.fittedvalues * (1 - found.fittedvalues))[:, None]))
    factor = len(scores) / (len(scores) - 1) * (len(X) - 1) / (len(X) - X.shape[1])
    return factor * bread @ scores.to_numpy().T @ scores.to_numpy() @ bread


def crossed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(question=rows.question.str.replace(r"d\d+", "", regex=True))


def test_two_ways_are_both_less_their_intersection(rows: pd.DataFrame) -> None:
    shared = crossed(rows)
    found = effects.logistic(shared, "right", TERMS, ["document", "question"])
    single = covariance_by_hand(shared, shared.document) + covariance_by_hand(shared, shared.question)
    both = single - covariance_by_hand(shared, shared.document + shared.question)
    np.testing.assert_allclose(found.covariance, both, rtol=1e-5, atol=1e-12)
    assert found.method == "clustered by question and document"
    assert found.n_clusters == 6, "the fewest clusters decide how long an interval is"


def test_questions_within_documents_add_nothing(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    found = effects.logistic(rows, "right", TERMS, ["question", "document"])
    np.testing.assert_allclose(found.covariance, fitted.covariance, rtol=1e-9)
    assert found.method == "clustered by document and question"


def weakly_clustered() -> pd.DataFrame:
    """Return independent answers, two of each document and question: what is left of both may have no square root."""
    rng = np.random.default_rng(0)
    rows = pd.MultiIndex.from_product([range(6), range(6), list("ab")], names=["document", "question", "model"])
    return rows.to_frame(index=False).assign(size=rng.normal(size=72), right=rng.integers(0, 2, 72))


def test_where_two_ways_are_no_covariance_the_larger_single_one_stands_in() -> None:
    rows = weakly_clustered()
    single = {by: effects.logistic(rows, "right", ["model", "size"], [by]) for by in ("document", "question")}
    found = effects.logistic(rows, "right", ["model", "size"], ["document", "question"])
    assert found.method == "clustered by question alone: by both it is no covariance"
    np.testing.assert_allclose(found.covariance, single["question"].covariance)
    assert single["question"].table.error.mean() > single["document"].table.error.mean()


def test_one_category_has_closed_forms(rows: pd.DataFrame) -> None:
    found = effects.logistic(rows, "right", ["family"], ["document"])
    shares, base = rows.groupby("family").right.mean(), rows.right.mean()
    np.testing.assert_allclose(found.table.coefficient, logit(shares) - [0, *[logit(shares["a"])] * 2], atol=1e-9)
    sizes = {scale: size.value for scale, size in found.sizes["family"].items()}
    entropy = -shares * np.log(shares) - (1 - shares) * np.log(1 - shares)
    of_base = -base * np.log(base) - (1 - base) * np.log(1 - base)
    assert sizes["sd_log_odds"] == pytest.approx(np.std(logit(shares)))
    assert sizes["range_points"] == pytest.approx(100 * np.ptp(shares))
    assert sizes["deviance_share"] == pytest.approx(1 - entropy.mean() / of_base)


def test_sizes_are_those_of_their_definitions(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    oracle, X = model(rows).fit(), matrix(rows)
    rest = X[:, [0, 1, 2, 4, 5]] @ oracle.params[[0, 1, 2, 4, 5]]
    size, without = fitted.sizes["log2_compressor"], model(rows, [0, 1, 2, 4, 5]).fit()
    assert size["sd_log_odds"].value == pytest.approx(oracle.params[3] * rows.log2_compressor.std(ddof=0))
    change = expit(rest + 3 * oracle.params[3]) - expit(rest)
    assert size["range_points"].value == pytest.approx(100 * change.mean())
    share = (without.deviance - oracle.deviance) / oracle.null_deviance
    assert size["deviance_share"].value == pytest.approx(share)


def test_sizes_have_the_error_of_refits_without_each_document(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    left_out = []
    for document in rows.document.unique():
        left = rows[rows.document != document]
        left_out.append(model(left).fit().params[4] * left.log2_predictor.std(ddof=0))
    size = fitted.sizes["log2_predictor"]["sd_log_odds"]
    np.testing.assert_allclose(size.left_out, left_out, rtol=1e-6)
    assert size.error == pytest.approx(np.sqrt(19 * np.var(left_out)), rel=1e-6)
    row = fitted.by_term.set_index("term").loc["log2_predictor"]
    names = [f"sd_log_odds{part}" for part in ("", "_error", "_low", "_high")]
    assert row[names].tolist() == [size.value, size.error, size.low, size.high]


def test_a_term_is_tested_with_the_law_of_hotelling(fitted: effects.Logistic) -> None:
    by_term, table = fitted.by_term.set_index("term"), fitted.table.set_index("term")
    assert by_term.p["dataset"] == pytest.approx(table.p["dataset"]), "one coefficient: the square of Student's t"
    both = table.coefficient["family"].to_numpy()
    wald = both @ np.linalg.inv(fitted.covariance[1:3, 1:3]) @ both
    assert by_term.wald["family"] == pytest.approx(wald)
    assert by_term.p["family"] == pytest.approx(fisher.sf(wald * 18 / (2 * 19), 2, 18))
    assert by_term.freedom.tolist() == [2, 1, 1, 1]


def test_no_test_of_a_term_with_as_many_coefficients_as_clusters(simulated: Simulate) -> None:
    many = dict(zip("abcdef", np.linspace(0, 0.5, 6), strict=True))
    rows = simulated(np.random.default_rng(0), many, n_documents=5, n_questions=20)
    found = effects.logistic(rows, "right", ["family"], ["document"]).by_term
    assert np.isnan([found.wald[0], found.p[0]]).all()
    assert found.freedom[0] == 5


def test_the_ranking_is_the_paired_difference(fitted: effects.Logistic) -> None:
    order = ["family", "log2_compressor", "log2_predictor"]
    for scale in SCALES:
        found = effects.ranking(fitted, order, scale=scale)
        a, b = (fitted.sizes[term][scale] for term in order[1:])
        gap = effects.difference(a, b)
        assert found.iloc[1].tolist() == [*order[1:], gap.value, gap.error, gap.low, gap.high]
        assert found.difference[1] == pytest.approx(a.value - b.value)
        assert found.low[1] > 0, "a doubling of the compressor does nearly three times what one of the predictor does"
    assert len(found) == 2


def test_a_difference_of_sizes_is_corrected_for_chance(fitted: effects.Logistic) -> None:
    a, b = (fitted.sizes[term]["range_points"] for term in ("family", "dataset"))
    gap, left_out = effects.difference(a, b), np.subtract(a.left_out, b.left_out)
    shift = 19 * (gap.value - left_out.mean())
    margin = student.ppf(0.975, 19) * np.sqrt(19 * np.var(left_out) + shift**2)
    assert (gap.low, gap.high) == pytest.approx((gap.value + shift - margin, gap.value + shift + margin))
    assert gap.corrected


def test_a_wrong_order_is_refuted(fitted: effects.Logistic) -> None:
    found = effects.ranking(fitted, ["log2_predictor", "log2_compressor"])
    assert found.high[0] < 0


def interval_holds(low: np.ndarray, truth: np.ndarray, high: np.ndarray) -> np.ndarray:
    return (np.asarray(low) <= truth) & (truth <= np.asarray(high))


@pytest.fixture(scope="module")
def coverage(simulated: Simulate) -> dict[str, np.ndarray]:
    """Return how often 95 % intervals hold the truth: of coefficients, of these naively, of sizes and differences."""
    rng, held = np.random.default_rng(1), {"clustered": [], "naive": [], "sizes": [], "ranking": []}
    truth = np.array([-0.3, -0.6, 0.5, 0.4, 0.15, 0.3])
    spreads = np.array([np.std([0, -0.6, 0.5]), 0.4 * np.std([0, 1, 3]), 0.15 * 1.5, 0.15])
    for _ in range(200):
        rows = simulated(rng)
        found = effects.logistic(rows, "right", TERMS, ["document", "question"])
        held["clustered"].append(interval_holds(found.table.low, truth, found.table.high))
        naive = model(rows).fit().conf_int()
        held["naive"].append(interval_holds(naive[:, 0], truth, naive[:, 1]))
        by_term, pairs = found.by_term, effects.ranking(found, TERMS)
        held["sizes"].append(interval_holds(by_term.sd_log_odds_low, spreads, by_term.sd_log_odds_high))
        held["ranking"].append(interval_holds(pairs.low, -np.diff(spreads), pairs.high))
    return {name: np.mean(hits, axis=0) for name, hits in held.items()}


def test_clustered_intervals_hold_the_truth(coverage: dict[str, np.ndarray]) -> None:
    assert coverage["clustered"].min() >= 0.92
    assert coverage["sizes"].min() >= 0.92
    assert coverage["ranking"].min() >= 0.92


def test_intervals_that_ignore_documents_do_not(coverage: dict[str, np.ndarray]) -> None:
    intercept, b, c, _, _, dataset = coverage["naive"]
    assert max(intercept, dataset) < 0.65, "what differs between documents"
    assert max(b, c) < 0.85, "what documents answer to differently"


def test_a_family_that_does_nothing_is_seldom_found(simulated: Simulate) -> None:
    rng, p, above, uncorrected = np.random.default_rng(2), [], [], []
    for _ in range(150):
        rows = simulated(rng, dict.fromkeys("abcd", 0.0), compressor=0.1)
        found = effects.logistic(rows, "right", ["family", "log2_compressor"], ["document"])
        sizes = [found.sizes[term]["sd_log_odds"] for term in ("family", "log2_compressor")]
        p.append(found.by_term.p[0])
        above.append(effects.ranking(found, ["family", "log2_compressor"]).low[0] > -0.1 * np.std([0, 1, 3]))
        uncorrected.append(
            effects.difference(*(replace(size, corrected=False) for size in sizes)).low > -0.1 * np.std([0, 1, 3])
        )
    assert 0.01 <= np.mean(np.array(p) < 0.05) <= 0.09
    assert np.mean(above) <= 0.08 < np.mean(uncorrected)


def order_free(found: effects.Logistic) -> pd.DataFrame:
    return found.by_term.set_index("term").sort_index()


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.permutations(["x", "y", "z"]))
def test_names_and_order_mean_nothing(rows: pd.DataFrame, random: object, names: list[str]) -> None:
    few = rows[rows.question.str.endswith(("q0", "q1"))]
    order = list(range(len(few)))
    random.shuffle(order)
    other = few.iloc[order].assign(family=few.family.map(dict(zip("abc", names, strict=True))))
    other["document"] = "of " + other.document
    first, second = (effects.logistic(one, "right", TERMS, ["document"]) for one in (few, other))
    pd.testing.assert_frame_equal(order_free(first), order_free(second), rtol=1e-5, atol=1e-7)


@settings(max_examples=10)
@given(st.floats(-40, 40), st.floats(0.1, 10))
def test_the_unit_of_a_size_means_nothing_to_its_term(rows: pd.DataFrame, shift: float, factor: float) -> None:
    few = rows[rows.question.str.endswith(("q0", "q1"))]
    other = few.assign(log2_compressor=shift + factor * few.log2_compressor)
    first, second = (effects.logistic(one, "right", TERMS, ["document"]) for one in (few, other))
    pd.testing.assert_frame_equal(order_free(first), order_free(second), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(first.table.coefficient[3], factor * second.table.coefficient[3], rtol=1e-6)


def test_booleans_and_numbers_as_text_are_categories(rows: pd.DataFrame) -> None:
    other = rows.assign(large=rows.log2_predictor > 0, size=rows.log2_compressor.astype(int).astype(str))
    found = effects.logistic(other, "right", ["large", "size"], ["document"]).table
    assert found[["level", "reference"]][1:].to_numpy().tolist() == [["True", "False"], ["1", "0"], ["3", "0"]]


def test_right_and_wrong_may_be_booleans(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    found = effects.logistic(rows.assign(right=rows.right == 1), "right", TERMS, ["document"])
    pd.testing.assert_frame_equal(found.table, fitted.table)


REFUSED = {
    "no terms": ({}, [], ["document"], r"outcome and terms are right; expected an outcome and one term or more"),
    "term twice": ({}, ["family", "family"], ["document"], r"are right, family, family; expected .* each once"),
    "no column": ({}, ["model"], ["document"], r"rows have no column 'model'; known: document, question, family"),
    "text": ({}, ["family"], "document", r"clusters is 'document'; expected a list of one or two columns"),
    "no clusters": ({}, ["family"], [], r"clusters is \[\]; expected a list of one or two columns"),
    "three": ({}, ["family"], ["document", "question", "dataset"], r"'dataset'\]; expected a list of one or two"),
    "cluster twice": ({}, ["family"], ["document"] * 2, r"'document'\]; expected a list of one or two columns"),
    "missing": ({"right": np.nan}, ["family"], ["document"], r"right is missing in 720 of 2160 rows; .* say how many"),
    "score": ({"right": 0.5}, ["family"], ["document"], r"right holds 0.5; expected 0 or 1: say which scores count"),
    "infinite": ({"log2_predictor": -np.inf}, ["log2_predictor"], ["document"], r"infinite values; .* logarithm of 0"),
    "clusters": ({}, ["family"], ["dataset"], r"dataset has 2 clusters; expected at least 5: fewer show no spread"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused(rows: pd.DataFrame, case: str) -> None:
    changes, terms, clusters, message = REFUSED[case]
    changed = rows.astype({"right": float})
    for name, value in changes.items():
        changed.loc[changed.family == "a", name] = value
    with pytest.raises(InputError, match=message):
        effects.logistic(changed, "right", terms, clusters)


@pytest.mark.parametrize("right", [0, 1])
def test_answers_all_alike_say_nothing(rows: pd.DataFrame, right: int) -> None:
    message = rf"right: {2160 * right} of 2160 rows are right; expected right and wrong ones"
    with pytest.raises(InputError, match=message):
        effects.logistic(rows.assign(right=right), "right", TERMS, ["document"])


@pytest.mark.parametrize("term", ["family", "log2_compressor"])
def test_one_level_or_one_size_is_no_term(rows: pd.DataFrame, term: str) -> None:
    with pytest.raises(InputError, match=rf"{term} has 1 level or size; expected two or more: leave the term out"):
        effects.logistic(rows[rows[term] == rows[term][0]], "right", [term], ["document"])


def test_no_rows_are_no_term(rows: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"family has 0 level or size; expected two or more"):
        effects.logistic(rows[:0], "right", ["family"], ["document"])


def test_terms_that_move_together_are_named(rows: pd.DataFrame) -> None:
    size = rows.family.map({"a": 0.0, "b": 1.0, "c": 3.0})
    message = r"^family = b, family = c, size cannot be told apart: one follows from the others.*; leave a term out"
    with pytest.raises(InputError, match=message):
        effects.logistic(rows.assign(size=size), "right", ["family", "log2_predictor", "size"], ["document"])


def test_more_levels_than_kinds_of_answers_cannot_be_told_apart() -> None:
    rows = pd.DataFrame({"model": list("abcdef") * 6, "right": [0, 1] * 18, "document": np.repeat(np.arange(6), 6)})
    with pytest.raises(InputError, match=r"^model = b, .*, template = f cannot be told apart"):
        effects.logistic(rows.assign(template=rows.model), "right", ["model", "template"], ["document"])


def test_a_level_that_is_always_right_is_named(rows: pd.DataFrame) -> None:
    message = r"^family = b separates right from wrong: some level or size is always right or always wrong.*; merge"
    for right in (0, 1):
        with pytest.raises(InputError, match=message):
            effects.logistic(
                rows.assign(right=rows.right.mask(rows.family == "b", right)), "right", TERMS, ["document"]
            )


def test_a_size_that_sorts_right_from_wrong_is_named(rows: pd.DataFrame) -> None:
    sorted_rows = rows.assign(right=(rows.log2_compressor > 0).astype(int))
    with pytest.raises(InputError, match=r"^log2_compressor separates right from wrong"):
        effects.logistic(sorted_rows, "right", ["log2_compressor", "family"], ["document"])


def test_a_level_that_one_document_decides_is_named_with_it(rows: pd.DataFrame) -> None:
    once = (rows.family == "b") & (rows.document != "d3")
    with pytest.raises(InputError, match=r"^without document d3: family = b separates right from wrong"):
        effects.logistic(rows.assign(right=rows.right.mask(once, 0)), "right", TERMS, ["document"])
    only = rows[~once]
    with pytest.raises(InputError, match=r"^without document d3: family = b cannot be told apart"):
        effects.logistic(only, "right", ["family"], ["document"])


def test_large_log_odds_are_no_separation() -> None:
    rows = pd.DataFrame({"size": np.tile([-40, -1, -1, 1, 1, 40], 6), "document": np.repeat(np.arange(6), 6)})
    right = (rows["size"] > 0).to_numpy(int)
    right[[1, 8, 16, 22]] ^= 1
    found = effects.logistic(rows.assign(right=right), "right", ["size"], ["document"])
    assert 40 * found.table.coefficient[1] > 15


def test_documents_that_all_did_alike_show_no_spread() -> None:
    rows = pd.DataFrame({"model": list("aabb") * 6, "right": [0, 1, 1, 1] * 6, "document": np.repeat(np.arange(6), 4)})
    rows.loc[rows.model == "b", "right"] = [0, 1] * 6
    with pytest.raises(InputError, match=r"all clusters of document did alike, which shows no spread; add others"):
        effects.logistic(rows, "right", ["model"], ["document"])


def test_a_fit_that_does_not_settle_is_refused(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = GLM.fit
    monkeypatch.setattr(GLM, "fit", lambda self: fit(self, maxiter=1))
    with pytest.raises(InputError, match=r"^coefficients of intercept, family = b, .* did not settle; leave terms out"):
        effects.logistic(rows, "right", TERMS, ["document"])


def test_statsmodels_warns_about_what_we_refuse(rows: pd.DataFrame) -> None:
    with pytest.warns(UserWarning, match="Perfect separation"):
        GLM(rows.log2_compressor.to_numpy() > 0, matrix(rows)[:, [0, 3]], family=Binomial()).fit()
    separated = rows.assign(right=rows.log2_compressor > 0)
    with warnings.catch_warnings(action="error"), pytest.raises(InputError, match=r"separates right from wrong"):
        effects.logistic(separated, "right", ["log2_compressor"], ["document"])


@pytest.mark.parametrize(
    ("order", "scale"), [(["family"], "sd_log_odds"), (["family", "size"], "sd_log_odds"), (TERMS, "odds")]
)
def test_a_ranking_needs_known_terms_and_scales(fitted: effects.Logistic, order: list[str], scale: str) -> None:
    message = (
        rf"order is {', '.join(order)} on the scale '{scale}'; expected two or more of {', '.join(TERMS)}, and one"
    )
    with pytest.raises(InputError, match=message):
        effects.ranking(fitted, order, scale=scale)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_is_a_probability(rows: pd.DataFrame, fitted: effects.Logistic, confidence: float) -> None:
    message = rf"confidence is {confidence}; expected a probability strictly between 0 and 1, such as 0.95"
    with pytest.raises(InputError, match=message):
        effects.logistic(rows, "right", TERMS, ["document"], confidence=confidence)
    with pytest.raises(InputError, match=message):
        effects.ranking(fitted, TERMS, confidence=confidence)


def test_more_confidence_takes_longer_intervals(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    wide = effects.logistic(rows, "right", TERMS, ["document"], confidence=0.99)
    assert (wide.table.low < fitted.table.low).all()
    assert (wide.by_term.sd_log_odds_high > fitted.by_term.sd_log_odds_high).all()


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(15, 90))
def test_any_answers_give_finite_numbers_or_a_reason(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"document": rng.integers(0, 8, n), "question": rng.integers(0, 9, n)})
    rows = rows.assign(
        model=rng.choice(list("abc"), n), size=rng.choice([0, 1, 2.5, 40], n), right=rng.integers(0, 2, n)
    )
    with suppress(InputError):
        found = effects.logistic(rows, "right", ["model", "size"], ["document", "question"])
        assert np.isfinite(found.table[["coefficient", "error", "p"]]).all(axis=None)
        assert np.isfinite([size.high for sizes in found.sizes.values() for size in sizes.values()]).all()
        assert found.sizes["model"]["deviance_share"].value >= -1e-9
