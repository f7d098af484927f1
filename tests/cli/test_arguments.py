"""How the command line reads its words: options and arguments, whose they are, what help says."""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import invoke
from zwasm.cli.group import COMMANDS, command_parser, completion_parser

ROOT = Path(__file__).parents[2]
WORDS = """(module
  (func (export "one") (param externref) (result externref) (local.get 0))
  (func (export "two") (param externref externref) (result externref externref)
    (local.get 0) (local.get 1))
  (func (export "negate") (param i32) (result i32) (i32.sub (i32.const 0) (local.get 0)))
  (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func (export "-h") (result i32) (i32.const 7)))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "words.wat"
    path.write_text(WORDS)
    return path


def parsed(command: str, *words: str) -> argparse.Namespace:
    return command_parser(command).parse_args(words)


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_mentions_everything(command: str) -> None:
    shown = invoke(command, "--help").stdout
    parser = command_parser(command)
    for action in parser._actions:
        assert action.help
        for name in action.option_strings:
            assert name in shown
        if not action.option_strings:
            assert str(action.metavar) in shown
    for title in ("options:", "examples:"):
        assert f"\n{title}\n" in shown


@pytest.mark.parametrize("columns", [80, 100, 300])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_as_wide_as_the_terminal(
    command: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = invoke(*command.split(), "--help").stdout.splitlines()
    assert all(len(line) <= min(columns, 100) for line in lines)


def test_without_words_there_is_help_and_an_error() -> None:
    result = invoke()
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == invoke("--help").stdout


def test_options_of_the_group() -> None:
    assert invoke("-h") == invoke("--help") == invoke("--help", "run")
    assert invoke("--version", "--help") == invoke("--version")
    assert invoke("run", "--version").exit_code == 2


# Wrong uses


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--fuel", "-1", "FILE"], "argument --fuel: '-1' is no whole number from 0 on"),
        (["run", "--fuel", "1.5", "FILE"], "argument --fuel: '1.5' is no whole number from 0 on"),
        (["run", "--timeout", "-0.5", "FILE"], "argument --timeout: '-0.5' is no number from 0 on"),
        (["run", "--timeout=nan", "FILE"], "argument --timeout: 'nan' is no number from 0 on"),
        (["run", "--max-memory", "-5", "FILE"], "argument --max-memory: '-5' is no number of byte"),
        (["run", "--compile", "later", "FILE"], "argument --compile: invalid choice: 'later'"),
        (["run", "--profile=x", "FILE"], "argument --profile: invalid choice: 'x'"),
        (["run", "--engine", "none", "FILE"], "argument --engine: unknown strategy 'none'"),
        (["run", "--env", "=x", "FILE"], "argument --env: '=x' is not of the form"),
        (["run", "--dir", "::x", "FILE"], "argument --dir: '::x' is not of the form"),
        (["run", "--dir=a::x", "--dir=b::x", "FILE"], "argument --dir: two folders have the"),
        (["run", "--tcplisten", "nowhere", "FILE"], "argument --tcplisten: "),
        (["run", "--inherit-env=1", "FILE"], "argument --inherit-env: ignored explicit argument"),
        (["run", "--fuel"], "argument --fuel: expected one argument"),
        (["run", "--dir", "--", "FILE"], "argument --dir: '--' is no value"),
        (["run", "--dir=--", "FILE"], "argument --dir: '--' is no value"),
        (["print", "FILE", "-o--"], "argument -o: '--' is no value"),
        (["run"], "the following arguments are required: FILE\n"),
        (["run", "FOLDER"], "argument FILE: 'FOLDER' is a folder"),
        (["run", "--invoke", "one", "FILE"], "takes 1 argument, not 0"),
        (["run", "--invoke", "negate", "FILE", "x"], "argument ARG 1: 'x' is no i32"),
        (["--nonsense"], "no such option: --nonsense"),
        (["run", "--nonsense", "FILE"], "no such option: --nonsense"),
        (["run", "-x", "--fuel", "much", "FILE"], "no such option: -x"),
        (["validate", "FILE", "--quite"], "no such option: --quite; did you mean --quiet?"),
        (["features", "more"], "unrecognized arguments: more"),
        (["ir", "FILE", "0", "1"], "unrecognized arguments: 1"),
        (["ir", "FILE", "-1"], "no such option: -1"),
        (["ir", "FILE", "9"], "argument FUNC: the module has no function 9"),
        (["disasm", "--level", "mips", "FILE", "0"], "argument --level: invalid choice: 'mips'"),
        (["parse", "FILE"], "the following arguments are required: -o"),
        (["parse", "FILE", "-o", "FOLDER"], "argument -o/--output: 'FOLDER' is a folder"),
        (["wast", "missing.wast"], "argument PATH: 'missing.wast' does not exist"),
    ],
)
def test_messages(words: list[str], message: str, file: Path) -> None:
    names = {"FILE": str(file), "FOLDER": str(file.parent)}
    result = invoke(*(names.get(word, word) for word in words))
    assert result.exit_code == 2
    assert result.stdout == ""
    command = words[0] if words[0] in COMMANDS else "run"
    lines = result.stderr.splitlines(keepends=True)
    assert lines[0].startswith(f"usage: zwasm {command} ")
    assert lines[1].startswith(f"zwasm {command}: error: ")
    assert message.replace("FOLDER", str(file.parent)) in lines[1]
    assert lines[2:] == [f"Try `zwasm {command} --help` for help.\n"]


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_written_in_full(command: str) -> None:
    names = [name for name in command_parser(command)._option_string_actions if name[1] == "-"]
    for name in names:
        for end in range(3, len(name)):
            if name[:end] not in names:
                result = invoke(command, name[:end], "x")
                assert result.exit_code == 2
                assert f"no such option: {name[:end]}" in result.stderr


# Whose words are whose


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--"],
        ["--", "--"],
        ["-x", "--", "y", "--", "-z"],
        ["--help"],
        ["-h"],
        ["--profile"],
        ["--profile=flame"],
        ["--fuel", "x"],
        ["--dir"],
        ["-o"],
        ["-"],
        ["", "-1", "=", "--=", "-o=x", "a b", "-a b"],
        ["run", "validate", "--version"],
    ],
)
def test_words_behind_the_file_are_the_guests(words: list[str], file: Path) -> None:
    for before in ([], ["--"], ["--fuel", "5"], ["--profile"], ["--profile", "--"], ["-o", "x"]):
        args = parsed("run", *before, str(file), *words)
        assert args.file == str(file)
        assert args.args == words
    if len(words) in (1, 2):  # and so are they in `zwasm FILE ...`, when they arrive
        result = invoke("--invoke", ("one", "two")[len(words) - 1], file, *words)
        assert (result.exit_code, result.stdout) == (0, "".join(f"{word}\n" for word in words))


def test_files_whose_names_look_like_something_else() -> None:
    for before in ([], ["--fuel", "1"]):
        args = parsed("run", *before, "--", "--help", "-x")
        assert (args.file, args.args) == ("--help", ["-x"])
        args = parsed("run", *before, "-", "-")
        assert (args.file, args.args) == ("-", ["-"])
    assert parsed("validate", "-q", "--", "-a", "--", "b").files == ["-a", "--", "b"]


def test_negative_numbers(file: Path) -> None:
    assert invoke("run", "--invoke", "negate", file, "-5").stdout == "5\n"
    assert invoke("run", "--invoke", "negate", file, "-0x10").stdout == "16\n"
    assert invoke("--invoke", "half", file, "-1.5e3").stdout == "-750.0\n"
    assert invoke("--invoke", "half", file, "-inf").stdout == "-inf\n"
    assert invoke("run", "--invoke", "negate", "--", file, "-5").stdout == "5\n"


def test_values_that_look_like_options(file: Path) -> None:
    args = parsed("run", "--argv0", "--fuel", "--invoke", "-h", "--dir", "-x", str(file))
    assert (args.argv0, args.invoke, args.dirs) == ("--fuel", "-h", [("-x", "-x", False)])
    args = parsed("run", "--argv0=--fuel", "--dir=-x", "-o-y", str(file))
    assert (args.argv0, args.output, args.dirs) == ("--fuel", "-y", [("-x", "-x", False)])
    args = parsed("run", "--env", "-A=-b", "--env", "B=", "--argv0", "", "-o", "-", str(file))
    assert (args.env, args.argv0, args.output) == ([("-A", "-b"), ("B", "")], "", "-")
    assert invoke("run", "--invoke", "-h", file).stdout == "7\n"
    assert parsed("print", "a", "-o", "-x").output == "-x"


def test_options_may_follow_arguments() -> None:
    args = parsed("validate", "a", "-q", "b")
    assert (args.files, args.quiet) == (["a", "b"], True)
    for words in (["a", "--fuel", "f"], ["--fuel", "a", "f"], ["a", "f", "--fuel"]):
        args = parsed("ir", *words)
        assert (args.file, args.func, args.fuel) == ("a", "f", True)
    args = parsed("parse", "a", "-o", "b", "--no-check")
    assert (args.file, args.output, args.no_check) == ("a", "b", True)
    assert parsed("parse", "-", "-o", "-").output == "-"


def test_the_kind_of_profile() -> None:
    assert parsed("run", "x").profile is None
    assert parsed("run", "--profile", "flame").profile == "table"  # which is a file here
    assert parsed("run", "--profile", "--fuel", "1", "x").profile == "table"
    assert parsed("run", "--profile=flame", "--profile=perf", "x").profile == "perf"


def test_repeated_options_do_not_add_up_over_calls() -> None:
    for _ in range(2):
        assert parsed("run", "--env", "A=1", "--env", "B", "x").env == [("A", "1"), ("B", None)]
    assert parsed("run", "x").env == []


# The process


def test_a_caller_keeps_its_garbage_collection() -> None:
    frozen = gc.get_freeze_count()
    assert invoke("features", "--json").exit_code == 0
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen


@pytest.mark.parametrize("words", [["features"], ["--invoke", "negate", "FILE", "1"]])
def test_a_command_starts_it(words: list[str], file: Path) -> None:
    code = (
        "import atexit, gc, sys\n"
        "show = lambda: print(gc.isenabled(), gc.get_freeze_count() > 1000, file=sys.stderr)\n"
        "atexit.register(show)\n"
        "from zwasm.cli import main\n"
        "main()\n"
    )
    arguments = [str(file) if word == "FILE" else word for word in words]
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.stderr.split() == [b"True", b"True"]


def test_names_that_cannot_be_encoded(tmp_path: Path) -> None:
    path = tmp_path / "caf\udce9.wat"
    path.write_text("(module)")
    command = [sys.executable, "-m", "zwasm", "validate", str(path)]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.stderr == b""
    assert done.stdout.endswith(b"caf\\udce9.wat: valid\n")


def test_a_run_imports_little(file: Path) -> None:
    code = (
        "import sys\n"
        "from zwasm.cli.group import cli\n"
        f"assert cli(['--invoke', 'negate', {str(file)!r}, '1']) == 0\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    loaded = set(done.stderr.decode().split())
    assert "zwasm.cli.run" in loaded
    needless = {"argcomplete", "click", "difflib", "inspect", "shutil", "tabulate", "textwrap"}
    assert not loaded & {*needless, "zwasm.cli.profiling", "zwasm.profile", "zwasm.spectest"}


# Completion


def completions(line: str, tmp_path: Path, **settings: str) -> list[str]:
    """What a shell would offer at the end of a line, by argcomplete's protocol."""
    answer = tmp_path / "answer"
    answer.write_text("")
    env = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n\"'><=;|&(:",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
        **settings,
    }
    code = "from zwasm.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    return [word.strip() for word in answer.read_text().split("\n") if word]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("zwasm va", ["validate"]),
        ("zwasm ", list(COMMANDS)),
        ("zwasm --v", ["--version"]),
        ("zwasm run --co", ["--compile"]),
        ("zwasm run --compile ", ["lazy", "eager"]),
        ("zwasm run --compile=l", ["lazy"]),
        ("zwasm run --profile=", ["table", "perf", "flame"]),
        ("zwasm run --nonsense --ti", ["--timeout"]),
        ("zwasm validate x.wat --q", ["--quiet"]),
        ("zwasm disasm --level x86_64_", ["x86_64_avx2", "x86_64_avx512"]),
    ],
)
def test_completion(line: str, wanted: list[str], tmp_path: Path) -> None:
    pytest.importorskip("argcomplete")
    assert sorted(completions(line, tmp_path)) == sorted(wanted)


def test_completion_of_files(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("argcomplete")
    monkeypatch.chdir(tmp_path)
    for before in ("run", "run --invoke one", "print -o", "run a.wasm -x", "validate a.wat"):
        assert completions(f"zwasm {before} wor", tmp_path) == ["words.wat"], before


def test_completion_knows_every_command() -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as exit:
            completion_parser().parse_args([name, "--help"])
        assert exit.value.code == 0


def test_without_argcomplete_there_are_no_completions(monkeypatch: pytest.MonkeyPatch) -> None:
    from zwasm.cli import group

    monkeypatch.setitem(sys.modules, "argcomplete", None)
    group.complete()
