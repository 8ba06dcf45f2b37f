"""Every place in the source where text leaves the process goes through a safe function: read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.sources import dotted, syntax_tree

SOURCES = sorted((CHECKOUT / "provisioner").rglob("*.py")) + sorted((CHECKOUT / "ci" / "github").glob("*.py"))
#: Functions that make a text safe: `provisioner.core.text.safetext`, and for scripts `ci/github/visible.py`.
SAFE = {"line", "block", "log", "message", "safe_line", "safe_message", "make_visible", "on_one_line"}
#: What writes text somewhere, by the last part of its name and the whole of it.
WRITERS = {
    "echo",
    "secho",
    "print",
    "show",
    "prompt",
    "confirm",
    "write_text",
    "write_bytes",
    "print_exc",
    "showwarning",
}
STREAMS = {"stdout", "stderr", "stream", "__stdout__", "__stderr__", "buffer", "console", "_progress"}
LOGGING = {
    "getLogger",
    "basicConfig",
    "StreamHandler",
    "FileHandler",
    "warn_explicit",
    "print_exception",
    "print_stack",
}
#: Places whose text was made safe before, or that write no text of strangers; each with the reason.
KNOWN = {
    ("provisioner/cli/streams.py", "write_result"): "takes SafeText",
    ("provisioner/cli/streams.py", "write_note"): "takes SafeText",
    ("provisioner/cli/streams.py", "write_piece"): "takes SafeText",
    ("provisioner/cli/typed_lines.py", "read"): "the prompt is a constant",
    ("provisioner/engine/running/function_process.py", "main"): "a pipe to the parent, which makes a result safe",
    ("provisioner/cli/failure.py", "_show_usage"): "into a buffer, which goes through log()",
    ("provisioner/emulator/file_indexing/pdf.py", "main"): "a pipe to the emulator, which makes an answer of it",
    ("provisioner/emulator/answering/sandbox.py", "execute"): "a file, which the emulator makes an answer of",
    ("provisioner/emulator/answering/sandbox.py", "show"): "the same file",
    ("provisioner/cli/confirmation.py", "_ask"): "the question is a constant",
    ("provisioner/cli/confirmation.py", "confirm_deletion"): "the question is a constant and a number",
    ("provisioner/cli/signals.py", "note_signal"): "constants of the modules that call `stopping`",
    ("provisioner/engine/testing/answer_process.py", "main"): "a pipe to the parent, which makes messages safe",
    ("provisioner/review/render/progress.py", "_bars"): "descriptions are made by safe_line",
    ("ci/github/fence.py", "main"): "text went through make_visible",
    ("ci/github/api.py", "_say"): "text went through on_one_line",
    ("ci/github/reviewed.py", "main"): "the bytes of a plan file; what is said goes through on_one_line",
}


def functions(tree: ast.AST, name: str = "") -> Iterator[tuple[str, ast.Call]]:
    """Every call below `tree`, with the innermost function around it."""
    for child in ast.iter_child_nodes(tree):
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else name
        if isinstance(child, ast.Call):
            yield inner, child
        yield from functions(child, inner)


@cache
def calls_of(path: Path) -> tuple[tuple[str, ast.Call], ...]:
    """Every call in a module, with the innermost function around it."""
    return tuple(functions(syntax_tree(path)))


def writes(call: ast.Call) -> bool:
    """Whether a call writes text to a terminal, a log or a file."""
    text = dotted(call.func)
    last = text.rpartition(".")[2]
    owners = set(text.replace("()", "").split(".")[:-1])
    if last in ("write", "writelines", "print") and owners & STREAMS:
        return True
    if last == "show":
        return "error" in owners or "exception" in owners
    if last == "write" and text == "os.write":
        return ast.unparse(call.args[0]) in ("1", "2")
    if last in ("Console", "Progress"):
        return "StringIO" not in ast.unparse(call)
    return last in WRITERS | LOGGING or text in ("warnings.warn", "logging.warning", "traceback.print_exc")


def is_safe(call: ast.Call) -> bool:
    """Whether all that is written is constant, or what a safe function returns."""
    if dotted(call.func).rpartition(".")[2] in {"show", "print_exc", *LOGGING}:
        return False
    return all(is_safe_text(each) for each in call.args)


def is_safe_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        return node.id.isupper()
    if isinstance(node, ast.JoinedStr):
        return all(is_safe_text(each) for each in node.values)
    if isinstance(node, ast.FormattedValue):
        return is_safe_text(node.value)
    if isinstance(node, ast.BinOp):
        return is_safe_text(node.left) and is_safe_text(node.right)
    if isinstance(node, ast.IfExp):
        return is_safe_text(node.body) and is_safe_text(node.orelse)
    if isinstance(node, ast.Call):
        name = dotted(node.func)
        if name in ("Text.from_ansi", "Markdown"):
            return all(is_safe_text(each) for each in node.args)
        return name.rpartition(".")[2] in SAFE
    return False


def unsafe(path: Path, root: Path = CHECKOUT) -> list[str]:
    """Places in a file that write what is not known to be safe, as `path:line: call`."""
    name = path.relative_to(root).as_posix()
    return [
        f"{name}:{call.lineno}: in {function}: {ast.unparse(call)[:80]}"
        for function, call in calls_of(path)
        if writes(call) and not is_safe(call) and (name, function) not in KNOWN
    ]


def test_text_leaves_through_safe_functions_only() -> None:
    assert [place for path in SOURCES for place in unsafe(path)] == []


def test_what_is_known_is_still_there() -> None:
    found = {
        (path.relative_to(CHECKOUT).as_posix(), function)
        for path in SOURCES
        for function, call in calls_of(path)
        if writes(call)
    }
    assert set(KNOWN) <= found


@pytest.mark.parametrize(
    "source",
    [
        "print(name)",
        "click.echo(f'{name} is wrong', err=True)",
        "sys.stderr.write(name)",
        "sys.stdout.buffer.write(name.encode())",
        "error.show()",
        "logging.getLogger('x').warning(name)",
        "traceback.print_exc()\nprint(name)",
        "self._progress.console.print(name)",
        "Path(os.environ['GITHUB_OUTPUT']).write_text(name)",
        "os.write(2, name)",
        "print(safe_line(name), name)",
    ],
)
def test_an_unsafe_exit_is_found(tmp_path: Path, source: str) -> None:
    path = tmp_path / "new.py"
    path.write_text(f"def main(name):\n    {source.replace(chr(10), chr(10) + '    ')}\n", encoding="utf-8")
    assert unsafe(path, tmp_path)


def test_screens_take_results_from_renderers_alone() -> None:
    """`result` and `explain` keep line breaks: a text with names in it goes through `say` or `note`."""
    for path in sorted((CHECKOUT / "provisioner" / "cli").glob("*.py")):
        for function, call in calls_of(path):
            if dotted(call.func).rpartition(".")[2] not in ("result", "explain") or not call.args:
                continue
            if isinstance(call.args[0], ast.JoinedStr):
                written = [each.value for each in call.args[0].values if isinstance(each, ast.FormattedValue)]
                assert path.name == "failure.py", f"{path}: {function}"
                assert all(is_safe_text(each) or "paint" in ast.unparse(each) for each in written)


@pytest.mark.thorough
def test_what_ci_shows_is_what_provision_shows() -> None:
    """The scripts of CI run without provision, and hide the same characters."""
    import sys

    from provisioner.core.text.visible import make_visible

    sys.path.insert(0, str(CHECKOUT / "ci" / "github"))
    try:
        import visible  # type: ignore[import-not-found, unused-ignore]
    finally:
        sys.path.pop(0)
    context = set("\u200c\u200d\ufe0f") | {
        chr(code) for code in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2)
    }
    context |= {"\U000110bd", "\U000110cd"}
    differ = [
        code
        for code in range(sys.maxunicode + 1)
        if chr(code) not in context
        and (make_visible(chr(code)) == chr(code)) != (visible.make_visible(chr(code)) == chr(code))
    ]
    assert differ == []
