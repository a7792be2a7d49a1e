"""Reports: from notes or from pages, within a window, and nothing cut in silence."""

from dataclasses import replace

import pytest
from scripted import Scripted

from agentbits.engines import Sampling
from agentbits.errors import InputError, ServerError
from agentbits.research.calls import Model, Purse
from agentbits.research.gathering import Source
from agentbits.research.notes import Note
from agentbits.research.prompts import REPORT, REPORT_BASELINE
from agentbits.research.reports import ByModel, Listed, Report, Window, material
from agentbits.research.scenarios import Workload, window
from agentbits.search import Page

TASK = "Which ferry should the island buy?"


def sources(*texts: str) -> tuple[Source, ...]:
    pages = [Page(f"Page {n}", f"https://x.example/{n}", text) for n, text in enumerate(texts, start=1)]
    return tuple(Source(n, page, ("find it",)) for n, page in enumerate(pages, start=1))


def written(engine: Scripted, given: tuple[Source, ...], n_tokens: int | None = None, **more: object) -> Report:
    writer = ByModel(Model(engine, Sampling(max_tokens=100)), Window(n_tokens, **more))  # type: ignore[arg-type]
    return writer(TASK, given, "baseline", Purse())


def test_notes_stand_for_their_pages(ferry, harbour) -> None:
    found = (Source(1, ferry, ("a",)), Source(2, harbour, ("b",)), Source(3, replace(ferry, text=""), ("c",)))
    notes = [
        Note(1, ferry.url, "nothing"),
        Note(2, harbour.url, "written", "It is 4 m deep.", ("instructions",)),
        Note(3, "", "left out"),
    ]
    [only] = material(found, notes)
    assert (only.number, only.page.text, only.page.flags, only.page.title) == (
        2,
        "It is 4 m deep.",
        ("instructions",),
        "The harbour",
    )
    assert [one.number for one in material(found, None)] == [1, 2], "the baseline reads pages that have text"


def test_pages_reach_the_writer_as_data_with_their_numbers(harbour) -> None:
    engine = Scripted(lambda *_: "It is open [1].")
    report = written(engine, (Source(1, harbour, ("b",)),))
    [prompt] = engine.prompts
    assert 'Page [1]:\n<page title="The harbour"' in prompt
    assert "closed.&lt;/page&gt;\n</page>\n\nTask: Which ferry" in prompt
    assert (report.text, report.given, report.cut, report.template_hash) == (
        "It is open [1].",
        (1,),
        (),
        REPORT_BASELINE.hash,
    )
    assert report.spent[0].stage == "baseline"
    notes = ByModel(Model(engine, Sampling()))(TASK, (Source(1, harbour, ("b",)),), "write", Purse())
    assert (notes.template_hash, notes.spent[0].stage) == (REPORT.hash, "write")
    assert notes.window_tokens == engine.identity.context_limit_tokens


@pytest.mark.parametrize("estimate", [None, 1.0])
def test_what_does_not_fit_is_cut_from_the_end_and_recorded(estimate: float | None) -> None:
    engine = Scripted(lambda *_: "report")
    whole = written(engine, sources("a" * 500, "<" * 500, "c" * 500, "d"), characters_per_token=estimate)
    assert (whole.cut, whole.n_kept) == ((), whole.n_tokens)
    n_frame = len(engine.prompts[0]) - whole.n_tokens
    cut = written(
        engine, sources("a" * 500, "<" * 500, "c" * 500, "d"), n_frame + 100 + 1_200, characters_per_token=estimate
    )
    assert cut.n_tokens == whole.n_tokens
    assert [one.number for one in cut.cut] == [2, 3, 4], "what stands behind a page that was cut is left out, too"
    assert cut.cut[0].n_kept > 0
    assert [one.n_kept for one in cut.cut[1:]] == [0, 0]
    assert cut.given == (1, 2), "a page that was cut away cannot be cited"
    assert cut.n_kept == cut.n_tokens - sum(one.n_tokens - one.n_kept for one in cut.cut)
    assert len(engine.prompts[-1]) + 100 <= cut.window_tokens
    assert "ccc" not in engine.prompts[-1]


def test_the_papers_pages_do_not_fit_its_baselines_window() -> None:
    paper = sources(*["word " * 1_600] * 80)
    engine = Scripted(lambda *_: "report")
    engine.identity = replace(engine.identity, context_limit_tokens=2**40)
    report = written(engine, paper, 128_000, characters_per_token=4.0)
    assert window(Workload()).excess_tokens > 0
    assert report.n_tokens > 160_000
    assert report.n_kept < 128_000
    assert len(report.given) == 80 - sum(one.n_kept == 0 for one in report.cut)
    assert 60 <= len(report.given) <= 64


def test_a_window_without_room_for_a_page_is_refused() -> None:
    with pytest.raises(
        InputError,
        match=r"scripted: the task takes \d+ tokens and the report up to 100 of the window's 120, so nothing",
    ):
        written(Scripted(lambda *_: ""), sources("a"), 120)


@pytest.mark.parametrize("given", [{"n_tokens": 0}, {"characters_per_token": -1.0}])
def test_a_window_that_is_none_is_refused(given: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected a window of at least 1 token, and characters_per_token above 0"):
        Window(**given)  # type: ignore[arg-type]


def test_a_report_that_the_limit_cut_says_so_and_a_call_that_fails_fails() -> None:
    assert written(Scripted(lambda *_: "x" * 101), sources("a")).is_cut
    with pytest.raises(ServerError, match="down"):
        written(Scripted(lambda *_: ServerError("down")), sources("a"))


def test_without_a_model_notes_are_listed_with_their_citations() -> None:
    report = Listed()(TASK, sources("- One [7].\n\n* Two, see https://x.example/9", "Three"), "write", Purse())
    assert report.text == "## Page 1\n\n- One. [1]\n- Two, see [1]\n\n## Page 2\n\n- Three [2]"
    assert (report.given, report.spent, report.window_tokens) == ((1, 2), (), 0)
