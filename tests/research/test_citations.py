"""What is taken out of a report, and what stays."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentbits.research.citations import stripped
from agentbits.research.criteria import reports

CASES = (
    ("It fell by 5 % [1].", "It fell by 5 %."),
    ("It fell[1][2], then rose [3, 4] again [5-7].", "It fell, then rose again."),
    ("It fell.[12]\n\nNext.", "It fell.\n\nNext."),
    ("It fell [^1] and rose[^note].", "It fell and rose."),
    ("It fell.<sup>[1]</sup> m<sup>2</sup>", "It fell. m<sup>2</sup>"),
    ("It fell 【4†L1-L9】.", "It fell."),
    ("It fell (source: the ministry, table 2).", "It fell."),
    ("It fell (Sources: the ministry (2020); the bank) twice.", "It fell twice."),
    ("It fell [Source: the ministry].", "It fell."),
    ("As [the ministry](https://a.example/x_(y)) says", "As the ministry says"),
    ('As [the ministry](https://a.example "Title") says', "As the ministry says"),
    ("It fell ([source](https://a.example)).", "It fell."),
    ("It fell ([1](https://a.example), [2](https://b.example)).", "It fell."),
    ("It fell ([the ministry](https://a.example)).", "It fell (the ministry)."),
    ("It fell [1](https://a.example), then [[2]](https://b.example) rose.", "It fell, then rose."),
    ("It fell, see [https://a.example](https://a.example).", "It fell, see."),
    ("![A map](https://a.example/map.png)", "A map"),
    ("It fell (https://a.example/x). It rose <https://b.example>.", "It fell. It rose."),
    ("See www.a.example/x?y=1#z, then go.", "See, then go."),
    ("Text.\n\n[^1]: The ministry, 2020.\n[^2]: https://a.example\n", "Text."),
    ("Text.\n\n[1] The ministry. https://a.example\n- [2]: http://b.example\n", "Text."),
    ("Text.\n\n## References\n\n1. The ministry.\n2. The bank.", "Text."),
    ("Text.\n\n## 7. **Sources:**\n\n- a\n\n### Books\n\n- b\n\n## After\n\nMore.", "Text.\n\n## After\n\nMore."),
    ("Text.\n\n**References**\n\n1. a\n", "Text."),
    ("Text.\n\nWorks cited:\n\na\n", "Text."),
    ("Text.\n\n## 参考文献\n\na", "Text."),
    ("# Sources\n\na\n\n# Text\n\nb\n\n# References\n\nc", "# Text\n\nb"),
)
KEPT = (
    "From [0, 1] in [2024], by 3 % (Minsk, 1994).",
    "## Sources of income\n\nTax.",
    "The sources: tax, fees.",
    "1. One\n2. Two",
    "| a | b |\n| --- | --- |\n| 1 | 2 |",
    "```python\nx = a[1]  # https://a.example\n```",
    "The code `a[1]` reads on.",
    "```\nunfinished [1]",
    "- [ ] to do\n- [x] done",
    "",
)


@pytest.mark.parametrize(("report", "left"), CASES)
def test_citations_go(report: str, left: str) -> None:
    assert stripped(report) == left


@pytest.mark.parametrize("report", KEPT)
def test_content_stays(report: str) -> None:
    assert stripped(report) == report


@given(st.text(alphabet="[]()^1,2a# \n`https:/.【】<>*|S", max_size=60) | st.text())
def test_nothing_is_left_for_a_second_pass(report: str) -> None:
    once = stripped(report)
    assert stripped(once) == once
    assert len(once) <= len(report)


@pytest.mark.parametrize(
    "part", ["[", "[[1]", "[a](", "(source: (", "http://", "`", "# References\n", "<sup>[1]", "[1,", "("]
)
def test_hostile_text_takes_no_time(part: str) -> None:
    assert len(stripped(part * 3_000)) <= len(part) * 3_000


def test_what_the_benchmark_has_cleaned_is_clean(real: Path) -> None:
    """These reports went through the benchmark's own language model: nearly nothing is left to take out."""
    cleaned = reports(real, "report_claude-3-7", None)
    shares = {key: len(stripped(report)) / len(report.strip()) for key, report in cleaned.items()}
    assert sum(share > 0.999 for share in shares.values()) >= 99
    assert min(shares.values()) > 0.95
