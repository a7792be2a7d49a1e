import json

import pytest

from agentbits.errors import RunError
from agentbits.runner import book, run
from agentbits.runner.stage import stage

TOC = "format: jb-book\nroot: index\nchapters:\n  - file: notebooks/01_coin\n  - file: status\n  - file: claims\n"
CONFIG = 'title: Coins\nonly_build_toc_files: true\nexecute: {execute_notebooks: "off"}\n'


@pytest.fixture
def prose(root, notebook, completed, generated_pages):
    path = notebook("01_coin")
    folder = completed("01_coin", notebook=path.read_text())
    (folder / "manifest.json").write_text(json.dumps({"engine": {"model": "<script>www.evil.example</script>"}}))
    (root / "_config.yml").write_text(CONFIG)
    (root / "book" / "_toc.yml").write_text(TOC)
    index = root / "book" / "index.md"
    index.write_text("# Coins\n\n```{include} _generated/results_table.md\n```\n")
    return index


def test_a_book_is_built_and_a_warning_fails_it(root, prose):
    page = book.build(lambda: stage("toy"))
    assert page == root / "_build" / "book" / "_build" / "html" / "index.html"
    assert "<td><p>coin</p></td>" in page.read_text()
    status = (page.parent / "status.html").read_text()
    assert "&lt;script&gt;www.evil.example&lt;/script&gt;" in status

    prose.write_text(prose.read_text() + "\n[lost](nowhere.md)\n")
    with pytest.raises(RunError) as caught:
        book.build(lambda: stage("toy"))
    assert "the book was not built (exit status 1); mend what its log names" in str(caught.value)
    assert "_build/book/build.log says:" in str(caught.value)
    assert "index.md:6: WARNING: 'myst' cross-reference target not found: 'nowhere.md'" in str(caught.value)
    assert "\x1b" not in str(caught.value)


FAKE = "import sys; print('arguments', *sys.argv[1:]); sys.exit({status})"


@pytest.fixture
def builder(root, monkeypatch):
    def install(status: int = 0) -> None:
        monkeypatch.setattr(book, "_JUPYTER_BOOK", FAKE.format(status=status))

    return install


def test_the_command_names_stage_config_contents_and_output(root, builder):
    builder()
    book.build(list)
    words = (root / "_build" / "book" / "build.log").read_text().split()
    build = root / "_build"
    assert words == [
        *("arguments", "build", f"{build}/stage", "--config", f"{root}/_config.yml"),
        *("--toc", f"{build}/stage/_toc.yml", "--path-output", f"{build}/book", "-W", "-n", "--keep-going"),
    ]


def test_all_pages_are_written_again_only_when_something_changed(root, builder):
    builder()
    book.build(list)
    old = root / "_build" / "book" / "_build" / "html" / "notebooks" / "gone.html"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    book.build(list)
    assert old.exists()
    book.build(lambda: ["index.md"])
    assert not old.exists()


def test_after_a_failure_or_a_kill_sphinx_reads_everything_again(root, builder):
    doctrees = root / "_build" / "book" / "_build" / ".doctrees"
    builder()
    book.build(list)
    doctrees.mkdir(parents=True)
    book.build(list)
    assert doctrees.exists()
    builder(status=3)
    with pytest.raises(RunError, match=r"exit status 3(.|\n)*arguments build"):
        book.build(list)
    assert doctrees.exists()
    builder()
    book.build(list)
    assert not doctrees.exists()


def test_a_kill_between_staging_and_building_leaves_no_old_page(root, builder):
    builder()
    book.build(list)
    old = root / "_build" / "book" / "_build" / "html" / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("old")

    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        book.build(killed)
    book.build(list)
    assert not old.exists()


def test_making_the_book_tells_where_it_lies_and_how_long_it_took(root, prose, builder, console):
    builder()
    page = run.make_book("toy", timeout_s=60, force=False, console=console)
    told = console.file.getvalue()
    assert told.startswith("01_coin: unchanged, skipped\nbuilding the book\nthe book took 0.")
    assert told.endswith(f" min; open {page}\n")


def test_no_book_is_built_from_a_failed_run(root, notebook, builder, console, fake_worker):
    notebook("01_coin")
    fake_worker("sys.exit(1)")
    with pytest.raises(RunError, match=r"^1 of 1 notebooks failed: 01_coin$"):
        run.make_book("toy", timeout_s=60, force=False, console=console)
    assert not (root / "_build" / "stage").exists()
