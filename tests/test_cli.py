"""The command line: what each command prints where, and with which exit code it ends."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from searchkit import Index
from searchkit.cli.commands import app
from tests.worlds import NEWS, WordHashEmbedder

COMMANDS = (
    "index", "improve", "remove", "compact", "rebuild", "export", "import", "search", "context", "check", "why-not",
    "show",
    "list", "status", "verify", "models", "evaluate", "compare", "tune", "who-said",
    "forget", "watch",
)  # fmt: skip
HANOI = """Hanoi visit

Published: Jun 20, 2024 10:00 AM

Analysts said Vietnam balances the great powers with what they call bamboo diplomacy.

The weather in Hanoi was hot on the day of the visit, and the streets were closed to traffic.
"""
COFFEE = """Coffee record

Published: Sep 1, 2024 9:00 AM

Coffee prices rose to a record as Vietnam harvested less than traders had expected.
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with two reports under news/."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEARCHKIT_INDEX", raising=False)
    Path("news").mkdir()
    Path("news/hanoi.txt").write_text(HANOI)
    Path("news/coffee.txt").write_text(COFFEE)
    return tmp_path


@pytest.fixture
def call(folder):
    """Run a command in the folder, in this process."""

    def run(*arguments: str, input: str | bytes | None = None):  # noqa: A002 - as the runner calls it
        return CliRunner().invoke(app, list(arguments), input=input, prog_name="searchkit")

    return run


@pytest.fixture
def news(call):
    """The same, with the reports indexed by keywords."""
    done = call("index", "news", "--embedder", "none")
    assert done.exit_code == 0, done.output
    return call


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A working directory that is indexed once, for the tests that change nothing."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "hanoi.txt").write_text(HANOI)
    (folder / "coffee.txt").write_text(COFFEE)
    with Index.create(folder / "indexes" / "default", embedder="none") as index:
        index.sync([folder / "hanoi.txt", folder / "coffee.txt"])
    return folder


@pytest.fixture
def ask(built, monkeypatch):
    """Run a command in the folder that is indexed already."""
    monkeypatch.chdir(built)
    monkeypatch.delenv("SEARCHKIT_INDEX", raising=False)
    return lambda *arguments, **options: CliRunner().invoke(app, list(arguments), prog_name="searchkit", **options)


def environment(**changes: str) -> dict[str, str]:
    """Let another process find searchkit from any folder."""
    paths = [str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **changes}


def process(*arguments: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "searchkit", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **pipes | {"env": environment()} | options)


def ids(output: str) -> list[str]:
    return [found["passage"]["id"] for found in json.loads(output)["hits"]]


# --- help ----------------------------------------------------------------------------------------------------


def test_help_names_every_command_and_the_exit_codes(call):
    shown = call("--help")
    assert shown.exit_code == 0
    assert [name for name in COMMANDS if name not in shown.stdout] == []
    assert "1 nothing found" in shown.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(call, command):
    shown = call(command, "--help")
    assert shown.exit_code == 0
    assert "Examples" in shown.stdout
    assert shown.stdout.count(f"searchkit {command}") >= 2  # usage and example


def test_the_version_is_printed(call):
    assert call("--version").stdout.startswith("searchkit 0.")


@pytest.mark.parametrize(
    "arguments", [("serach", "x"), ("search",), ("search", "x", "--no-such"), ("search", "--"), ("search", "a", "b")]
)
def test_wrong_usage_exits_with_2_and_says_so_on_standard_error(call, arguments):
    shown = call(*arguments)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "Usage" in shown.stderr


# --- indexing ------------------------------------------------------------------------------------------------


def test_index_creates_an_index_and_reports(call):
    done = call("index", "news", "--embedder", "none")
    assert done.stdout.startswith("indexes/default: 2 added, 0 changed, 0 removed, 0 kept; 3 passages")
    assert (done.exit_code, done.stderr) == (0, "")


def test_index_again_syncs_what_changed(news):
    Path("news/coffee.txt").unlink()
    Path("news/hanoi.txt").write_text(HANOI + "\nA third paragraph about rice, which is long enough to stand alone.\n")
    Path("news/rice.txt").write_text("Rice harvests were good in the delta this year.\n")
    report = json.loads(news("index", "--json").stdout)
    assert (report["added"], report["changed"], report["removed"]) == (
        ["news/rice.txt"],
        ["news/hanoi.txt"],
        ["news/coffee.txt"],
    )


def test_a_path_that_is_not_there_is_wrong_usage_and_creates_no_index(call, folder):
    assert call("index", "nwes").exit_code == 2
    assert not (folder / "indexes").exists()


def test_index_without_a_path_needs_sources_that_it_knows(call):
    missing = call("index")
    assert missing.exit_code == 3
    assert "no index at indexes/default" in missing.stderr
    call("index", "-", "--embedder", "none", input="Some text about rice.")
    assert call("index").exit_code == 2


def test_failed_sources_are_named_on_standard_error_with_the_reason(call):
    Path("news/empty.txt").write_text("")
    done = call("index", "news", "--embedder", "none")
    assert done.exit_code == 0
    assert "1 failed" in done.stdout
    assert "empty.txt" in done.stderr
    assert "is empty" in done.stderr


def test_strict_makes_a_failed_source_an_error_after_the_rest_is_in(call):
    Path("news/empty.txt").write_text("")
    done = call("index", "news", "--embedder", "none", "--strict")
    assert done.exit_code == 3
    assert "empty.txt" in done.stderr
    assert call("list").stdout.split() == ["news/coffee.txt", "news/hanoi.txt"]


def test_a_bug_on_standard_input_makes_the_command_fail_too(call, monkeypatch):
    monkeypatch.setattr("searchkit.documents.reading.decoded", None)
    done = call("index", "-", "--embedder", "none", "--json", input="Some text about rice.")
    assert done.exit_code == 3
    (failure,) = json.loads(done.stdout)["failed"]
    assert (failure["source"], failure["bug"]) == ("stdin", True)
    assert failure["reason"].startswith("stdin: searchkit failed on it at searchkit.documents.reading line ")


def test_a_document_on_which_our_own_code_fails_makes_the_command_fail_after_the_rest_is_in(call, monkeypatch):
    def heard(passages):
        return [[] for _ in passages if passages[0].index("Coffee") + 1]

    monkeypatch.setattr("searchkit.indexing.prepare.attributions", heard)
    done = call("index", "news", "--embedder", "none", "--json")
    assert done.exit_code == 3
    report = json.loads(done.stdout)
    assert report["added"] == ["news/coffee.txt"]
    (failure,) = report["failed"]
    assert failure["source"] == "news/hanoi.txt"
    assert failure["bug"]
    assert "please report it" in failure["reason"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--engine", "whoosh"),
        ("--max-tokens", "99"),
        ("--language", "de"),
        ("--target-tokens", "50"),
        ("--embedder", "minilm"),
    ],
)
def test_what_was_fixed_at_creation_cannot_be_given_differently_later(news, option, value):
    again = news("index", "news", option, value)
    assert again.exit_code == 2
    assert option in again.stderr


def test_what_was_fixed_at_creation_may_be_repeated(news):
    assert news("index", "news", "--engine", "tantivy", "--language", "en", "--embedder", "none").exit_code == 0


@pytest.mark.parametrize("given", [("--engine", "lucene"), ("--embedder", "bert"), ("--language", "klingon")])
def test_an_unknown_choice_at_creation_is_a_line_and_leaves_nothing(call, folder, given):
    done = call("index", "news", *given)
    assert done.exit_code in (2, 3)
    assert "Traceback" not in done.stderr
    assert given[1] in done.stderr
    assert not (folder / "indexes" / "default" / "index.json").exists()


def test_include_and_exclude_choose_files(call):
    call("index", "news", "--embedder", "none", "--exclude", "coffee*")
    assert call("list").stdout.split() == ["news/hanoi.txt"]


def test_standard_input_is_one_text_by_default(call):
    call("index", "-", "--embedder", "none", "--stdin-name", "note", input="Rice harvests were good this year.")
    assert call("show", "note", "--text").stdout.strip() == "Rice harvests were good this year."


def test_standard_input_that_looks_like_jsonl_is_records(call):
    lines = '{"id": "a", "body": "Rice harvests were good."}\nbroken\n{"body": "No id of its own."}\n'
    done = call("index", "-", "--embedder", "none", "--stdin-name", "rice", "--text-field", "body", input=lines)
    assert call("list").stdout.split() == ["a", "rice:3"]
    assert "rice:2" in done.stderr


def test_the_suffix_of_the_name_says_what_standard_input_holds(call):
    page = "<html><body><article><h1>Rice</h1><p>Harvests were good this year in the delta.</p></article></body></html>"
    call("index", "-", "--embedder", "none", "--stdin-name", "page.html", input=page)
    assert "<p>" not in call("show", "page.html", "--text").stdout


def test_empty_standard_input_is_a_failure_under_its_name(call):
    done = call("index", "-", "--embedder", "none", input="")
    assert "stdin is empty" in done.stderr


def test_standard_input_stands_alone(call):
    assert call("index", "-", "news").exit_code == 2


def test_a_dry_run_lists_what_would_be_done_and_does_nothing(news):
    Path("news/rice.txt").write_text("Rice harvests were good this year.")
    Path("news/hanoi.txt").unlink()
    done = news("index", "--dry-run")
    assert done.stdout.splitlines()[:2] == ["+ news/rice.txt", "- news/hanoi.txt"]
    assert "dry run, nothing was done: 1 added, 0 changed, 1 removed, 1 kept" in done.stdout
    assert news("list").stdout.split() == ["news/coffee.txt", "news/hanoi.txt"]


def test_a_dry_run_creates_no_index(call, folder):
    done = call("index", "news", "--embedder", "none", "--dry-run")
    assert (done.exit_code, done.stdout.count("+ news/")) == (0, 2)
    assert not (folder / "indexes").exists()
    assert call("index", "-", "--dry-run", input="text").exit_code == 2


def test_a_source_that_lost_most_is_kept_until_that_is_allowed(news):
    for path in list(Path("news").iterdir()):
        path.unlink()
    done = news("index")
    assert done.exit_code == 3
    assert "2 withheld" in done.stdout
    assert "--allow-removals" in done.stderr
    assert "news/hanoi.txt" in done.stderr
    assert news("list").stdout.split() == ["news/coffee.txt", "news/hanoi.txt"]
    done = news("index", "--allow-removals", "--json")
    assert json.loads(done.stdout)["removed"] == ["news/coffee.txt", "news/hanoi.txt"]
    assert done.exit_code == 0


def test_changed_filters_list_what_they_would_remove(news):
    done = news("index", "news", "--include", "*.py")
    assert (done.exit_code, "2 withheld" in done.stdout) == (3, True)
    assert "coffee.txt" in done.stderr
    assert news("index").stdout.startswith("indexes/default: 0 added, 0 changed, 0 removed, 2 kept")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("picture.xyz", b"\x00\x01" * 50, "unknown format .xyz"),
        ("empty.txt", b"", "is empty"),
        ("box/tool.xyz", b"text", "all was left out (1 text .xyz: read when named or included)"),
        ("box/", b"", "there is no file that is read"),
    ],
)
def test_nothing_indexed_is_no_success(call, name, content, reason):
    Path("box").mkdir()
    if not name.endswith("/"):
        Path(name).write_bytes(content)
    done = call("index", name.partition("/")[0], "--embedder", "none")
    assert done.exit_code == 1
    assert reason in done.stderr
    assert "nothing was indexed" in done.stderr


def test_a_named_file_of_an_unknown_format_is_read_if_it_is_text(call):
    Path("tool.py").write_text("def capstan(): pass\n")
    assert call("index", "tool.py", "--embedder", "none").exit_code == 0
    assert call("list").stdout.split() == ["tool.py"]


def test_a_source_that_is_gone_is_told_each_time_until_it_is_forgotten(news, tmp_path):
    Path("other.txt").write_text("Another text about rice.")
    news("index", "other.txt")
    shutil.rmtree("news")
    for _ in range(2):
        done = news("index")
        assert (done.exit_code, "2 stale" in done.stdout) == (0, True)
        assert "searchkit forget" in done.stderr
    assert news("forget", "news").stdout.startswith("indexes/default: 0 added, 0 changed, 2 removed")
    assert news("list").stdout.split() == ["other.txt"]
    assert news("forget", "news").exit_code == 1
    assert news("index").stderr == ""


def test_watch_prints_a_line_for_each_commit(news, monkeypatch):
    def bursts(*_):
        Path("news/rice.txt").write_text("Rice harvests were good this year.")
        yield [str(Path("news/rice.txt").resolve())]
        yield [str(Path("news/coffee.txt").resolve())]
        raise KeyboardInterrupt

    monkeypatch.setattr("searchkit.indexing.watching.bursts", bursts)
    done = news("watch", "news")
    assert done.exit_code == 130
    lines = [line.partition(";")[0] for line in done.stdout.splitlines() if line.startswith("indexes/default")]
    assert lines == [
        "indexes/default: 0 added, 0 changed, 0 removed, 2 kept",
        "indexes/default: 1 added, 0 changed, 0 removed, 2 kept",
    ]
    assert "interrupted" in done.stderr
    assert news("verify").exit_code == 0


# --- search --------------------------------------------------------------------------------------------------


def test_a_hit_shows_its_place_relative_to_the_working_directory(news):
    found = news("search", "bamboo diplomacy")
    assert found.exit_code == 0
    assert "    news/hanoi.txt:5  #0\n" in found.stdout
    assert "2024-06-20" in found.stdout


def test_nothing_found_exits_with_1_and_prints_nothing(ask):
    found = ask("search", "xylophone")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "nothing found" in found.stderr


def test_json_is_what_python_returns(ask):
    shown = json.loads(ask("search", "Vietnam", "--json").stdout)
    with Index.open("indexes/default") as index:
        expected = json.loads(json.dumps(index.search("Vietnam").to_dict()))
    assert {**shown, "elapsed_ms": 0} == {**expected, "elapsed_ms": 0}


def test_json_of_nothing_is_still_json(ask):
    found = ask("search", "xylophone", "--json")
    assert (found.exit_code, json.loads(found.stdout)["hits"]) == (1, [])


def test_jsonl_is_a_line_for_each_hit(ask):
    lines = ask("search", "Vietnam", "--jsonl").stdout.splitlines()
    assert [json.loads(line)["rank"] for line in lines] == [1, 2]


def test_csv_is_a_row_for_each_hit(news):
    rows = list(csv.DictReader(io.StringIO(news("search", "Vietnam", "--csv").stdout)))
    assert [row["rank"] for row in rows] == ["1", "2"]
    assert {row["doc_id"] for row in rows} == {"news/hanoi.txt", "news/coffee.txt"}


def test_the_default_model_answers_in_hybrid_mode(call):
    assert call("index", "news").exit_code == 0
    found = json.loads(call("search", "Which great powers does Vietnam balance?", "--json").stdout)
    assert found["mode"] == "hybrid"
    assert found["hits"][0]["passage"]["id"] == "news/hanoi.txt#0"
    assert set(found["hits"][0]["sources"]) == {"keyword", "vector"}


def test_two_forms_at_once_are_wrong_usage(ask):
    assert ask("search", "Vietnam", "--json", "--csv").exit_code == 2


def test_options_mean_what_they_mean_in_python(news):
    assert ids(news("search", "Vietnam", "-k", "1", "--offset", "1", "--json").stdout) == [
        ids(news("search", "Vietnam", "--json").stdout)[1]
    ]
    assert ids(news("search", "Vietnam", "--where", "date >= 2024-08-01", "--json").stdout) == ["news/coffee.txt#0"]
    assert ids(news("search", "Vietnam", "--since", "2024-08", "--json").stdout) == ["news/coffee.txt#0"]
    either = ("--where", 'section = "BUSINESS" or section = "WORLD"', "--until", "2024-07")
    assert "news/coffee.txt#0" not in ids(news("search", "Vietnam", *either, "--json").stdout)
    reranked = news("search", "Vietnam", "--reranker", "late", "--rerank-depth", "2", "--explain")
    assert "reranker: late, 2 passages" in reranked.stdout
    assert "explain" in json.loads(news("search", "Vietnam", "--explain", "--json").stdout)
    assert "weather" in news("search", "bamboo", "--context", "1").stdout


@pytest.mark.parametrize(
    "options",
    [
        ("--mode", "psychic"), ("--fusion", "cold"), ("-k", "0"), ("--offset", "-1"), ("--diversity", "2"),
        ("--weight", "keyword"), ("--weight", "keyword=x"), ("--weight", "nose=1"), ("--where", "date >"),
        ("--since", "last week"), ("--reranker", "cohere"), ("--rerank-depth", "0"), ("--rerank-weight", "2"),
        ("--per-document", "0"), ("--mode", "vector"), ("--without", "pices"), ("--recency", "-1"),
        ("--min-confidence", "2"),
    ],
)  # fmt: skip
def test_an_option_that_makes_no_sense_exits_with_2(ask, options):
    wrong = ask("search", "Vietnam", *options)
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "Traceback" not in wrong.stderr


def test_a_malformed_query_is_a_warning_or_with_strict_an_error(ask):
    assert "warning" in ask("search", '"bamboo diplomacy').stderr
    assert ask("search", '"bamboo diplomacy', "--strict").exit_code == 2


@pytest.mark.parametrize(
    "query",
    [
        "--", "-", "-Vietnam", "--Vietnam", "", " ", '"', "(", "AND", "NOT", "a:b:c", "title:", "*", "?", "[", "~", "^",
        "\\", "'", "C++ & R&D's 1.0.21?", "date:[", "x" * 5000, "日本語", "\x1b[31m", "\x00", "🎉", "\ud800",
        "%s %(a)s", "[bold]", "a\nb",
    ],
)  # fmt: skip
def test_no_query_is_an_error(ask, query):
    for form in ("--json", "--explain"):
        found = ask("search", form, "--", query, input="")
        assert found.exit_code in (0, 1), found.output


def test_a_query_that_begins_with_a_dash_follows_two_dashes(news):
    assert ids(news("search", "--json", "--", "Vietnam -coffee").stdout) == ["news/hanoi.txt#0"]


def test_queries_come_from_standard_input_one_a_line(ask):
    found = ask("search", "-", "--jsonl", input="bamboo\n\nxylophone\nrecord coffee\n")
    shown = [json.loads(line) for line in found.stdout.splitlines()]
    assert found.exit_code == 0
    assert [(one["query"], len(one["hits"])) for one in shown] == [
        ("bamboo", 1),
        ("xylophone", 0),
        ("record coffee", 1),
    ]


def test_a_query_from_a_pipe_is_answered_before_the_next_one_comes(built):
    with process("search", "-", "--jsonl", cwd=built) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for query in (b"bamboo", b"coffee"):
            running.stdin.write(query + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["query"] == query.decode()
        running.stdin.close()


def test_many_queries_have_every_form(ask):
    asked = "bamboo\ncoffee\n"
    assert [one["query"] for one in json.loads(ask("search", "-", "--json", input=asked).stdout)] == [
        "bamboo",
        "coffee",
    ]
    rows = list(csv.DictReader(io.StringIO(ask("search", "-", "--csv", input=asked).stdout)))
    assert [row["query"] for row in rows] == ["bamboo", "coffee"]
    assert "bamboo" in ask("search", "-", input=asked).stdout.splitlines()[0]


def test_many_queries_without_a_hit_exit_with_1(ask):
    assert ask("search", "-", "--jsonl", input="xylophone\n").exit_code == 1


def test_queries_that_are_no_utf8_are_answered_too(ask):
    assert ask("search", "-", "--jsonl", input=b"bamboo \xff\n").exit_code == 0


def test_an_index_is_named_by_option_or_environment(call, monkeypatch):
    call("index", "news", "-i", "elsewhere", "--embedder", "none")
    assert call("search", "bamboo").exit_code == 3
    assert call("search", "bamboo", "--index", "elsewhere").exit_code == 0
    monkeypatch.setenv("SEARCHKIT_INDEX", "elsewhere")
    assert call("search", "bamboo").exit_code == 0


# --- the other commands --------------------------------------------------------------------------------------


def test_context_prints_the_text_for_a_prompt(news):
    made = news("context", "bamboo diplomacy")
    assert made.exit_code == 0
    assert "[1] Analysts said Vietnam balances" in made.stdout
    shape = json.loads(news("context", "bamboo diplomacy", "--json").stdout)
    assert shape["text"] + "\n" == made.stdout
    assert shape["citations"][0]["passage"]["id"] == "news/hanoi.txt#0"


def test_an_answer_is_checked_against_what_context_printed(news, tmp_path):
    context, answer = tmp_path / "found.json", tmp_path / "answer.txt"
    context.write_text(news("context", "bamboo diplomacy", "--json").stdout, encoding="utf-8")
    answer.write_text("Analysts said Vietnam balances the great powers [1].", encoding="utf-8")
    good = news("check", str(answer), "--context", str(context))
    assert (good.exit_code, good.stdout) == (0, "statements: 1, passages cited: 1; nothing found wrong\n")
    wrong = news(
        "check", "-", "--context", str(context), input="99 analysts said so [1].\nSo it\x1b is.\n\nAnd so [7]."
    )
    assert wrong.exit_code == 4
    assert wrong.stdout.splitlines() == [
        "statements: 3, passages cited: 1; found wrong:",
        "    [7] is no citation of this context",
        "    number 99 is not in [1]",
        "    cites nothing: So it\ufffd is.",
        "    cites nothing: And so [7].",
    ]
    shape = json.loads(news("check", "-", "--context", str(context), "--json", input="So it is.").stdout)
    assert (shape["ok"], shape["cited"]) == (False, [])


@pytest.mark.parametrize("content", ["no JSON", "[]", "[" * 100_000, "{}"])
def test_a_file_that_is_no_context_is_wrong_usage(news, tmp_path, content):
    (tmp_path / "found.json").write_text(content, encoding="utf-8")
    wrong = news("check", "-", "--context", str(tmp_path / "found.json"), input="So it is.")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "context" in wrong.stderr


def test_context_of_nothing_exits_with_1(ask):
    made = ask("context", "xylophone", "--max-tokens", "50")
    assert (made.exit_code, made.stdout) == (1, "")


def test_a_context_tells_what_no_document_has_as_a_search_does(news):
    made = news("context", "bamboo diplomacy", "--where", "yaer = 1")
    assert (made.exit_code, made.stdout) == (1, "")
    assert made.stderr.startswith("searchkit: warning: no document has 'yaer'")
    assert json.loads(news("context", "bamboo", "--where", "yaer = 1", "--json").stdout)["warnings"]


NO_ANSWER = "Did Vietnam ban xylophone lessons in Skagen schools after the strike of 1911?"


def test_hits_that_answer_nothing_are_shown_with_a_note(ask):
    found = ask("search", NO_ANSWER)
    assert found.exit_code == 1
    assert "Vietnam" in found.stdout
    assert found.stderr.startswith(f"searchkit: nothing found that clearly answers {NO_ANSWER!r}")
    assert json.loads(ask("search", NO_ANSWER, "--json").stdout)["answerable"] is False


def test_hits_that_answer_come_without_a_note(ask):
    found = ask("search", "bamboo diplomacy", "--json")
    assert found.stderr == ""
    assert json.loads(found.stdout)["answerable"] is True


def test_min_confidence_leaves_hits_out_and_may_leave_none(ask):
    sure = [hit["confidence"] for hit in json.loads(ask("search", "Vietnam", "--json").stdout)["hits"]]
    kept = json.loads(ask("search", "Vietnam", "--json", "--min-confidence", str(max(sure))).stdout)["hits"]
    assert len(kept) == sure.count(max(sure)) < len(sure)
    assert ask("search", NO_ANSWER, "--min-confidence", "0.1").exit_code == 1


def test_a_context_of_what_answers_nothing_exits_with_1_unless_it_is_asked_for(ask):
    made = ask("context", NO_ANSWER)
    assert (made.exit_code, made.stdout) == (1, "")
    filled = ask("context", NO_ANSWER, "--min-confidence", "0")
    assert filled.exit_code == 0
    assert "[1]" in filled.stdout


def test_stages_are_left_out_by_name_and_what_ran_is_explained(call):
    assert call("index", "news").exit_code == 0
    question = ("What did analysts say about Vietnam?", "--json", "--explain")
    ran = json.loads(call("search", *question).stdout)["explain"]["stages"]
    assert {"neighbours", "pieces", "feedback", "speaker"} <= set(ran)
    less = json.loads(call("search", *question, "--without", "pieces", "--without", "speaker").stdout)
    assert set(ran) - set(less["explain"]["stages"]) == {"pieces", "speaker"}
    newer = json.loads(call("search", *question, "--recency", "0.2").stdout)
    assert newer["explain"]["stages"]["recency"]["weight"] == 0.2


def test_why_not_says_what_became_of_a_passage(news):
    answer = news("why-not", "news/hanoi.txt#1", "bamboo")
    assert answer.exit_code == 0
    assert answer.stdout.startswith("news/hanoi.txt#1: no match")
    assert json.loads(news("why-not", "news/hanoi.txt#0", "bamboo", "--json").stdout)["verdict"] == "found"


def test_why_not_takes_the_options_of_search(news):
    options = ("--where", 'section = "SPORT"', "-k", "1")
    assert "filtered" in news("why-not", "news/hanoi.txt#0", "bamboo", *options).stdout


def test_why_not_of_an_unknown_passage_exits_with_1(ask):
    assert ask("why-not", "news/nothing.txt#0", "bamboo").exit_code == 1


def test_show_of_a_document_lists_its_passages(news):
    shown = news("show", "news/hanoi.txt")
    assert shown.stdout.splitlines()[0] == "Hanoi visit"
    assert "news/hanoi.txt#1" in shown.stdout
    shape = json.loads(news("show", "news/hanoi.txt", "--json").stdout)
    text = shape["document"]["text"]
    assert [text[part["start"] : part["end"]] == part["text"] for part in shape["passages"]] == [True, True]


def test_show_of_a_passage_gives_its_place_and_neighbours(news):
    shown = news("show", "news/hanoi.txt#1", "--context", "1")
    assert "news/hanoi.txt:7" in shown.stdout
    assert "bamboo" in shown.stdout
    shape = json.loads(news("show", "news/hanoi.txt#1", "--context", "1", "--json").stdout)
    assert [part["id"] for part in shape["before"]] == ["news/hanoi.txt#0"]
    assert shape["after"] == []


def test_show_of_nothing_exits_with_1(ask):
    shown = ask("show", "news/nothing.txt")
    assert (shown.exit_code, shown.stdout) == (1, "")


def test_list_takes_a_glob(news):
    assert news("list", "*coffee*").stdout.split() == ["news/coffee.txt"]
    assert json.loads(news("list", "--json").stdout) == ["news/coffee.txt", "news/hanoi.txt"]
    assert news("list", "sport/*").exit_code == 1


def test_remove_by_id_and_glob(news):
    assert "1 removed" in news("remove", "news/coffee.txt").stdout
    assert news("search", "coffee").exit_code == 1
    assert json.loads(news("remove", "news/*", "--json").stdout)["removed"] == ["news/hanoi.txt"]
    assert news("remove", "news/*").exit_code == 1


def test_status_counts(news):
    assert json.loads(news("status", "--json").stdout)["documents"] == 2
    shown = news("status").stdout
    assert "keyword only" in shown
    assert "news" in shown.splitlines()[-1]


def test_verify_finds_all_well_or_exits_with_3(news):
    assert "all is well" in news("verify").stdout
    damaged = next(path for path in Path("indexes/default/keywords").rglob("*") if path.suffix in (".store", ".idx"))
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])
    broken = news("verify", "--json")
    assert broken.exit_code == 3
    assert json.loads(broken.stdout)["problems"]
    assert news("rebuild").exit_code == 0
    assert news("verify").exit_code == 0


def test_compact_reclaims_space(news):
    news("remove", "news/coffee.txt")
    assert "before" in news("compact").stdout
    assert news("search", "bamboo").exit_code == 0


def test_export_and_import_carry_an_index_over(news):
    assert "2 documents" in news("export", "backup.zip").stdout
    assert "2 documents" in news("import", "backup.zip", "-i", "copy").stdout
    assert ids(news("search", "Vietnam", "--json", "-i", "copy").stdout) == ids(
        news("search", "Vietnam", "--json").stdout
    )


def test_export_replaces_a_file_only_when_told_to(news):
    Path("notes.txt").write_text("mine")
    assert news("export", "notes.txt").exit_code == 2
    assert Path("notes.txt").read_text() == "mine"
    assert news("export", "notes.txt", "--force").exit_code == 0


def test_import_of_something_else_is_an_error(news):
    assert news("import", "news/hanoi.txt", "-i", "copy").exit_code == 3
    assert news("import", "nothing.zip", "-i", "copy").exit_code == 2


@pytest.fixture
def drafted(call, monkeypatch):
    """An index of three passages, of which the model has read one and the others are predicted."""
    monkeypatch.setattr("searchkit.indexing.embedding.FIRST", 1)
    monkeypatch.setattr("searchkit.threads.lower_priority", lambda: None)  # of this process
    result = call("index", "news")
    assert "1 computed, 0 known already, 2 predicted; better ones with: searchkit improve" in result.stdout
    return call


def test_improve_replaces_predicted_vectors_within_a_budget(drafted):
    assert (
        drafted("improve", "--passages", "1").stdout == "indexes/default: 1 vectors computed; 1 predicted ones left\n"
    )
    Path("asked.txt").write_text("coffee\n")
    done = drafted("improve", "--questions", "asked.txt", "--json")
    assert json.loads(done.stdout) == {"embedded": 1, "reached": 0, "drafts": 0, "generation": 5}
    assert json.loads(drafted("status", "--json").stdout)["drafts"] == 0


def test_status_tells_how_many_vectors_are_predicted(drafted):
    assert "2, 67% of the vectors: predicted" in drafted("status").stdout


def test_a_full_run_leaves_nothing_to_improve(drafted):
    assert "2 computed" in drafted("index", "news", "--embed", "full").stdout
    assert drafted("improve").stdout == "indexes/default: 0 vectors computed; 0 predicted ones left\n"


def test_an_upgrade_is_explained_and_kept_for_improve(drafted):
    shown = json.loads(drafted("search", "coffee", "--upgrade", "5", "--explain", "--json").stdout)
    assert shown["explain"]["upgraded"] == 2
    assert "0 vectors computed and 2 that searches had left; 0 predicted" in drafted("improve").stdout


def test_a_way_of_embedding_that_does_not_exist_is_wrong_usage(call):
    assert call("index", "news", "--embed", "later").exit_code == 2


def test_models_are_listed(call):
    shown = call("models")
    assert shown.exit_code == 0
    assert "minilm" in shown.stdout
    assert any(model["spec"] == "minilm" for model in json.loads(call("models", "--json").stdout))


# --- ends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "x"), ("context", "x"), ("why-not", "a#0", "x"), ("show", "a"), ("list",), ("status",), ("verify",),
        ("remove", "a"), ("compact",), ("rebuild",), ("export", "b.zip"),
    ],
)  # fmt: skip
def test_without_an_index_every_command_says_so_in_one_line(call, arguments):
    wrong = call(*arguments)
    assert (wrong.exit_code, wrong.stdout) == (3, "")
    assert len(wrong.stderr.splitlines()) == 1
    assert wrong.stderr.startswith("searchkit: no index at indexes/default")


def test_a_damaged_index_is_an_error_of_one_line(news):
    Path("indexes/default/catalog.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 99)
    for leftover in Path("indexes/default").glob("catalog.sqlite-*"):
        leftover.unlink()
    for command in (("search", "x"), ("verify",), ("status",), ("index",)):
        wrong = news(*command)
        assert wrong.exit_code == 3, command
        assert "Traceback" not in wrong.stderr


def test_an_index_with_a_model_of_somebodys_own_is_searched_by_keywords_or_says_what_it_needs(call):
    with Index.create("indexes/default", embedder=WordHashEmbedder()) as index:
        index.add(NEWS)
    wrong = call("search", "Vietnam")
    assert wrong.exit_code == 3
    assert "Index.open(path, embedder=...)" in wrong.stderr
    assert call("search", "Vietnam", "--mode", "keyword").exit_code == 0


def test_an_index_folder_that_cannot_be_made_is_an_error_of_one_line(call):
    Path("indexes").write_text("a file where a folder should be")
    wrong = call("index", "news", "--embedder", "none")
    assert wrong.exit_code == 3
    assert "Traceback" not in wrong.stderr


def test_a_bug_exits_with_3_and_shows_where(news, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("boom")

    monkeypatch.setattr(Index, "search_many", broken)
    wrong = news("search", "x")
    assert wrong.exit_code == 3
    assert "this is a bug" in wrong.stderr
    assert "boom" in wrong.stderr


def test_an_interrupt_exits_with_130_and_leaves_a_valid_index(news):
    with process("index", "-") as running:
        assert running.stdin is not None
        running.stdin.write(b'{"id": "a", "text": "Half a')
        running.stdin.flush()
        lock = Path("indexes/default/writer.lock")
        for _ in range(200):
            if lock.exists() and str(running.pid) in lock.read_text():
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out) == (130, b"")
    assert err.decode().splitlines() == ["searchkit: interrupted. The index holds everything up to its last commit."]
    assert news("verify").exit_code == 0
    assert news("search", "bamboo").exit_code == 0


def test_a_reader_that_has_gone_ends_it_quietly(news):
    reading, writing = os.pipe()
    os.close(reading)
    with process("search", "Vietnam", "--jsonl", stdout=writing) as running:
        os.close(writing)
        _, err = running.communicate(timeout=20)
    assert (running.returncode, err) == (141, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
@pytest.mark.parametrize(
    ("command", "closed", "code"),
    [
        ("search Vietnam", ">&-", 141),
        ("search Vietnam --json", ">&- 2>&-", 141),
        ("index", ">&-", 141),
        ("status", ">&-", 141),
        ("search Vietnam", "2>&-", 0),
        ("search -", "<&-", 1),
        ("list", "<&- >&- 2>&-", 141),
        ("--version", ">&-", 141),
        ("--help", ">&-", 1),
    ],
)
def test_closed_streams_end_it_quietly_with_a_code(news, command, closed, code):
    line = f'"{sys.executable}" -m searchkit {command} {closed}'
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=False, env=environment(), timeout=60)
    assert (done.returncode, done.stderr) == (code, b"")
    assert news("verify").exit_code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("command", ["search Vietnam", "--help", "--version", "list"])
def test_an_output_that_is_full_is_a_line_and_a_code(news, command):
    line = f'"{sys.executable}" -m searchkit {command} >/dev/full'
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=False, env=environment(), timeout=60)
    assert done.returncode == 3
    assert done.stderr.decode().splitlines() == ["searchkit: [Errno 28] No space left on device"]


def test_a_terminal_that_knows_only_ascii_still_gets_json(news):
    Path("news/tokyo.txt").write_text("日本語の段落です。ハノイの新しい記事がここにあります。\n")
    news("index")
    with process("search", "ハノイ", "--json", env=environment(PYTHONIOENCODING="ascii")) as running:
        out, err = running.communicate(timeout=20)
    assert running.returncode == 0, err
    assert "ハノイ" in json.loads(out.decode("ascii"))["hits"][0]["passage"]["text"]


def test_help_and_keyword_search_load_nothing_heavy(news):
    code = (
        "import sys; from searchkit.cli.commands import app\n"
        "try: app({arguments}, prog_name='searchkit')\n"
        "except SystemExit: pass\n"
        "print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    for arguments, heavy in (
        (["--version"], ["numpy", "rich", "tantivy", "onnxruntime", "torch", "searchkit.index"]),
        (
            ["search", "bamboo", "--json"],
            ["rich", "onnxruntime", "tokenizers", "torch", "trafilatura", "lxml", "numpy.ma", "logging", "statistics"],
        ),
    ):
        run = [sys.executable, "-c", code.format(arguments=arguments, heavy=heavy)]
        done = subprocess.run(run, capture_output=True, text=True, check=True, env=environment())
        assert done.stderr.splitlines()[-1] == "[]"


def test_completion_offers_indexes_and_modes(news):
    def complete(words: str) -> list[str]:
        at = str(len(words.split(" ")) - 1)
        asked = environment(_SEARCHKIT_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=at)
        with process(env=asked) as running:
            return running.communicate(timeout=20)[0].decode().split()

    assert complete("searchkit search x -i ") == ["indexes/default"]
    assert complete("searchkit search x --mode v") == ["vector"]
    assert complete("searchkit why") == ["why-not"]
