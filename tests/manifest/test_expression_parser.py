"""How strings are split into texts and expressions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.manifest.expressions.parser import Expression, NoExpression, WrongExpression, escape, parse

PIECES = st.sampled_from(
    ["${", "$${", "$", "{", "}", "[", "]", ".", '"', "\\", "var", "each", "é", " ", "0", "a-b", "\n"]
)


@pytest.mark.parametrize(
    ("text", "root", "steps"),
    [
        ("${var.x}", "var", ("x",)),
        ("${ var.x }", "var", ("x",)),
        ("${var.a-b.c_d}", "var", ("a-b", "c_d")),
        ("${var.x[0].y}", "var", ("x", 0, "y")),
        ('${file."docs/a.md".id}', "file", ("docs/a.md", "id")),
        ('${assistant.tutor["math"].release}', "assistant", ("tutor", "math", "release")),
        ('${file["a}b"].id}', "file", ("a}b", "id")),
        ('${file."a\\"b".id}', "file", ('a"b', "id")),
        ("${var.김.नमस्ते}", "var", ("김", "नमस्ते")),
    ],
)
def test_an_expression_has_a_root_and_steps(text: str, root: str, steps: tuple[object, ...]) -> None:
    [found] = parse(text)
    assert isinstance(found, Expression)
    assert (found.root, found.steps, found.source) == (root, steps, text)


def test_an_expression_in_brackets_is_a_step() -> None:
    [found] = parse("${vector_store.kb[each.key].id}")
    assert isinstance(found, Expression)
    name, key, attribute = found.steps
    assert isinstance(key, Expression)
    assert (name, key.root, key.steps, attribute) == ("kb", "each", ("key",), "id")


@pytest.mark.parametrize(
    "text",
    ["${", "${}", "${var.}", "${var.x", "${var x}", "${var.x|upper}", "${file(a.md)}", '${file."a}', "${var[}", "${.x}",
     "${a" + "[b" * 50 + "]" * 50 + "}", "${var.x.}"],
)  # fmt: skip
def test_anything_else_is_no_expression(text: str) -> None:
    with pytest.raises(NoExpression):
        parse(f"before {text}")


def test_the_notation_of_a_shell_stays_in_its_commands() -> None:
    text = 'echo ${HOME} ${HOME:-/root} ${#x} "${list[0]}" $${x}'
    assert parse(text, is_command=True) == [text.replace("$${", "${")]
    [before, found] = parse("cd ${HOME}/${var.x}", is_command=True)
    assert before == "cd ${HOME}/"
    assert isinstance(found, Expression)


@given(st.text().filter(lambda text: "${" not in text))
def test_a_text_without_expressions_stays(text: str) -> None:
    assert parse(text) == ([text] if text else [])


@given(st.text() | st.lists(PIECES, max_size=30).map("".join) | st.text(alphabet="${}a."))
def test_an_escaped_text_is_read_as_it_was(text: str) -> None:
    assert "".join(map(str, parse(escape(text)))) == text
    assert all(isinstance(part, str) for part in parse(escape(text), is_command=True))


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parts = parse(text)
    except WrongExpression:
        return
    expressions = [part for part in parts if isinstance(part, Expression)]
    assert all(each.source in text for each in expressions)


def test_long_texts_take_time_in_proportion_to_their_length() -> None:
    for text in ("${" * 100_000, "${var." * 100_000, "$" * 1_000_000, '${var."' * 100_000, "${a[" * 100_000):
        try:
            parse(text)
        except WrongExpression:
            continue
    with pytest.raises(WrongExpression, match="more than 1,000 expressions"):
        parse("${var.x}" * 2_000)
