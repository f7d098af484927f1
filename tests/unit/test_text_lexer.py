"""Tokens: what is one, where it stands, what is none."""

from __future__ import annotations

import pytest

from zwasm.errors import MalformedError
from zwasm.limits import MAX_NESTING
from zwasm.text.lexer import END, decode_string, tokenize


def words(source: str) -> list[str]:
    return [text for text in tokenize(source).texts if text is not END]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", []),
        ("  \t\r\n ", []),
        ("(func)", ["(", "func", ")"]),
        ("( func;;x\n)", ["(", "func", ")"]),
        ("a;;b\rc;;d", ["a", "c"]),
        ("a(;b(;c;)d;)e", ["a", "e"]),
        ("(;;)(;(((;;);;);;);)", []),
        ('(;)))";)a', ["a"]),
        ('"a" "b"', ['"a"', '"b"']),
        ('"\\"" "\\\\"', ['"\\""', '"\\\\"']),
        ('(data "x")', ["(", "data", '"x"', ")"]),
        ("$x $!#$%&'*+-./:<=>?@\\^_`|~", ["$x", "$!#$%&'*+-./:<=>?@\\^_`|~"]),
        ('$"x y" $"\\41B" $"\\u{e9}"', ["$x y", "$AB", "$é"]),
        ('(@a (b) ")" ;;)\n ,;[]{} (@) $)x', ["x"]),
        ("((@a)x(@b))", ["(", "x", ")"]),
        ('"\u00e9\u4e2d"', ['"\u00e9\u4e2d"']),
    ],
)
def test_tokens(source: str, expected: list[str]) -> None:
    assert words(source) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("\x00", "illegal character"),
        ("a\x7f", "illegal character"),
        ("a\u00e9", "illegal character"),
        ("\u00a0", "illegal character"),
        ("(;", "unclosed comment"),
        ("(; (; ;)", "unclosed comment"),
        ('"', "unclosed string"),
        ('"abc', "unclosed string"),
        ('"abc\\"', "unclosed string"),
        ('"a\nb"', "unclosed string"),
        ('"a\tb"', "illegal control character"),
        ('"a\\\tb"', "illegal control character"),
        ('"a""b"', "unknown operator"),
        ('a"b"', "unknown operator"),
        ('"b"a', "unknown operator"),
        ('$x"b"', "unknown operator"),
        ('$"x"$y', "unknown operator"),
        ('"x"$"y"', "unknown operator"),
        (",", "unknown operator"),
        ("a;b", "unknown operator"),
        ("$", "empty identifier"),
        ("$ x", "empty identifier"),
        ('$""', "empty identifier"),
        ('$"a\nb"', "empty identifier"),
        ('$"\\ff"', "malformed UTF-8"),
        ("(@)", "empty annotation id"),
        ("(@ x)", "empty annotation id"),
        ('(@"")', "empty annotation id"),
        ("(@x", "unclosed annotation"),
        ("(@x (", "unclosed annotation"),
        ('(@x ")', "unclosed string"),
        ("(@x \x01)", "illegal character"),
        ('(@x "\\q")', "illegal escape"),
        ("(@x " + "(" * (MAX_NESTING + 1), "nesting too deep"),
        ('"' + "\\00" * 1000, "unclosed string"),
    ],
)
def test_malformed(source: str, message: str) -> None:
    with pytest.raises(MalformedError) as caught:
        tokenize(source)
    assert caught.value.message.startswith(message)
    assert caught.value.line is not None


def test_positions() -> None:
    source = ' (a ;; (\n  "x\\n" (; "\n ;)$b) $"c" (@name "d" (e)) f'
    tokens = tokenize(source)
    for text, start in zip(tokens.texts, tokens.starts, strict=True):
        if text is END:
            assert start == len(source)
        elif text == "$c":
            assert source.startswith('$"c"', start)
        else:
            assert source.startswith(text, start)
    ((index, (annotation,)),) = tokens.annotations.items()
    assert tokens.texts[index] == "f"
    assert annotation.texts == ['"d"', "(", "e", ")", END]
    for text, start in zip(annotation.texts[:-1], annotation.starts, strict=False):
        assert source.startswith(text, start)


@pytest.mark.parametrize("gap", ["x", '"s\\00"', "(;c;)", ";;c\n", "(@a)", '(@name "x")', "   "])
def test_tokens_that_cross_pieces(gap: str) -> None:
    """Texts are split in pieces of a few sizes; nothing changes where one ends."""
    unit = f'(word {gap} $i "str" )'
    one = words(unit)
    for lead in (0, 1000, 1017, 1020, 1023, 2040, 3060):
        source = " " * lead + unit * 400
        tokens = tokenize(source)
        assert words(source) == one * 400
        ends = [s for t, s in zip(tokens.texts, tokens.starts, strict=True) if t == "word"]
        assert ends == [lead + 1 + len(unit) * i for i in range(400)]


def test_long_tokens() -> None:
    word = "w" * 300_000
    escaped = '"' + "\\00a" * 100_000 + '"'
    plain = '"' + "s" * 500_000 + '"'
    source = f"{word} {escaped} ;;{word}\n {plain} (;{word};) {word}"
    assert words(source) == [word, escaped, plain, word]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('""', b""),
        ('"abc"', b"abc"),
        ('"\\00\\ff\\7F"', b"\x00\xff\x7f"),
        ('"\\t\\n\\r\\"\\\'\\\\"', b"\t\n\r\"'\\"),
        ('"\\\\00"', b"\\00"),
        ('"\\\\\\\\"', b"\\\\"),
        ('"\\u{0}\\u{1F_600}\\u{0000_0041}"', "\0\U0001f600A".encode()),
        ('"\\aax"', b"\xaax"),
        ('"é\\e9"', b"\xc3\xa9\xe9"),
    ],
)
def test_strings(text: str, expected: bytes) -> None:
    assert decode_string(text, text, 0) == expected


@pytest.mark.parametrize(
    "text",
    ['"\\q"', '"\\0"', '"\\0g"', '"\\ 0"', '"\\u"', '"\\u{}"', '"\\u{d800}"', '"\\u{110000}"',
     '"\\u{1__0}"', '"\\u{_1}"', '"\\u{12"', '"\\00\\ 0"', '"\\0\\00x"'],
)  # fmt: skip
def test_illegal_escapes(text: str) -> None:
    with pytest.raises(MalformedError, match="illegal escape"):
        decode_string(text, text, 0)


def test_surrogates_are_no_text() -> None:
    with pytest.raises(MalformedError):
        decode_string('"\ud800"', '"\ud800"', 0)
