"""Renders the differences between two environments of the project as Markdown, for a comment on a pull request.

The text has the same maximum length as a plan in Markdown. If items are left out, the last line says how many.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.core.diagnostic import in_order
from provisioner.review.render.diff_block import block
from provisioner.review.render.difference import changed_characters
from provisioner.review.render.environments_text import RESPELLED
from provisioner.review.render.markdown import code, folded, html_code
from provisioner.review.render.messages import message_lines
from provisioner.review.render.plan_markdown import BLOCK, ICONS, MOST, TAIL, Form, LimitedText
from provisioner.review.render.plan_text import NAMED, facts_of, listed
from provisioner.review.render.style import SYMBOLS
from provisioner.review.view.environments import ComparisonView
from provisioner.review.view.planview import ChangeView, SharedView

REST = "resource"


def comparison_markdown(view: ComparisonView, *, most: int = MOST) -> str:
    """Returns the comparison of two environments of the project as Markdown. The text has at most 1,000 characters more
    than `most`.
    """
    page = LimitedText(most - TAIL, BLOCK * most // MOST)
    whole = f"provision diff {view.first.environment} {view.second.environment}"
    page.add(Form(f"### {'📝' if view.differs else '✅'} {code(whole)}"))
    page.add(Form(f"**{code(view.summary())}**"))
    for diagnostic in in_order(list(view.diagnostics)):
        text = " ".join(each.strip() for each in message_lines(diagnostic))
        page.demand("message", Form(f"- {ICONS[diagnostic.severity]} **{diagnostic.severity}** {code(text)}"))
    for shared in view.shared:
        page.demand("shared difference", _shared(shared, page.block, whole), hidden=_size(shared))
    for title, group in view.groups():
        page.demand("title", Form(f"**{code(title)}**"))
        for each in group:
            page.demand(REST, *_forms(each, page, whole), hidden=changed_characters(each.differences))
    if page.hidden or page.left_out:
        page.parts.append(_tail(page, whole))
    return "\n\n".join(page.parts) + "\n"


def _forms(view: ChangeView, page: LimitedText, whole: str) -> Iterator[Form]:
    change = view.change
    facts = facts_of(change)
    sign = SYMBOLS[change.action][0]
    head = f"{sign} {html_code(str(change.address))}{f' ({html_code(facts)})' if facts else ''}"
    hidden = changed_characters(view.differences)
    if view.differences:
        body = block(view.differences, page.block, whole=whole)
        note = f"{RESPELLED}\n\n" if view.respelled else ""
        yield Form(folded(head, note + body.text, opened=view.compares), body.hidden)
    # A line that begins with the bare sign would be an item of a list.
    yield Form(f"{code(sign)} {code(str(change.address))}{f' ({code(facts)})' if facts else ''}<br>", hidden)


def _shared(view: SharedView, space: int, whole: str) -> Form:
    names, users = ([html_code(str(each)) for each in side[:NAMED]] for side in (view.sources, view.addresses))
    head = f"{listed(names, len(view.sources))} in {listed(users, len(view.addresses))}"
    body = block(view.differences, space, whole=whole)
    return Form(folded(head, body.text, opened=True), body.hidden)


def _size(view: SharedView) -> int:
    return changed_characters(view.differences)


def _tail(page: LimitedText, whole: str) -> str:
    parts = [f"{count:,} {noun}{'' if count == 1 else 's'}" for noun, count in page.left_out.items()]
    parts += [f"{page.hidden:,} changed characters"] if page.hidden else []
    return f"**… not shown here: {listed(parts, len(parts))}.** {code(whole)} has them all."
