"""Plans that together have everything that a page can show."""

from __future__ import annotations

from collections.abc import Callable

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.estimate import ContainerCost, Estimate, Storage, StoreCost, ToolCost
from provisioner.planning.plan import Action, Change, Drift, Plan, Unknown
from provisioner.planning.reason import as_written
from provisioner.review.render.html.heading import Heading

HEADING = Heading("campus-helpers", "production", "https://api.openai.com/v1", 1_795_183_980)
SCRIPT = "<script>window.pwned = true</script><img src=x onerror='window.pwned = true'>"
#: A mark that turns text around, an end of a link, half of a pair, a bell, a line's end that is none.
HIDDEN = "\u202eevil\u2066 \ud800 \x07 \x1b[2K \u2028 \u00ad\U000e0041"

POLITE = """\
Answer in plain words, in the language of the question.
Be short: three sentences are enough for most questions.
Say so when you are not sure.
"""
KINDER = POLITE.replace("Be short: three", "Be kind and brief: two")
TUTOR = """\
You help the students of the campus with their calculations.

Show each step of a calculation on a line of its own.
Never give the solution of an exercise before the student has tried.

"""
SECRETARY = """\
You are the campus secretary.

Look up names, rooms and times in the timetable; do not guess them.
Send people to the office for anything about fees.
The office is open from 9 to 12.

Never read out a student's grades, telephone number or home address.
If somebody asks for them, say that only the office may give them.
Do not promise a room that the timetable does not show as free.
Never book a room for somebody else.

"""
SECRETARY_AFTER = SECRETARY.replace("from 9 to 12.", "from 9 to 12 and from 14 to 16.\nIt is closed on Fridays.")


def assistant(name: str) -> Address:
    return Address("assistant", name)


def review() -> Plan:
    """A plan as people review it: one instruction for two, a file, a store, an assistant that goes, and drift."""
    timetable = Address("file", "manifests/data/timetable.csv")
    handbook, library = Address("vector_store", "handbook"), Address("vector_store", "library")
    tutor = {"model": "gpt-6-luna", "name": "Math tutor"}
    tools = [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-70GFTAQ0f5LG"]}}]
    tools_after = [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": [Unknown(timetable)]}}]
    pages = {
        f'file["manifests/handbook/{name}.md"]': {"file_id": f"file-{name}"} for name in ("fees", "rooms", "rules")
    }
    return Plan(
        changes=(
            Change(
                timetable,
                Action.REPLACE,
                "file",
                as_written("content changed"),
                {
                    "filename": "timetable.csv",
                    "purpose": "assistants",
                    "bytes": 4_812,
                    "sha256": "d899dd565cdb" + "0" * 52,
                },
                {
                    "filename": "timetable.csv",
                    "purpose": "assistants",
                    "bytes": 5_030,
                    "sha256": "e547ffdd5dec" + "0" * 52,
                },
                id="file-70GFTAQ0f5LG",
            ),
            Change(
                handbook,
                Action.CREATE,
                "vector_store",
                as_written("not there yet"),
                None,
                {"name": "Handbook", "expires_after": {"anchor": "last_active_at", "days": 30}, "files": pages},
            ),
            Change(
                assistant("math-tutor"),
                Action.UPDATE,
                "definition",
                as_written("instructions.polite changed", "temperature changed"),
                {**tutor, "instructions": TUTOR + POLITE, "temperature": 0.8},
                {**tutor, "instructions": TUTOR + KINDER, "temperature": 0.3},
                ("instructions", "temperature"),
                "math-tutor@4",
                sources=("instructions.polite",),
            ),
            Change(
                assistant("secretary"),
                Action.UPDATE,
                "definition",
                as_written("instructions.polite changed", "instructions changed", f"{timetable} gets a new id"),
                {"model": "gpt-6-luna", "instructions": SECRETARY + POLITE, "tools": tools},
                {"model": "gpt-6-luna", "instructions": SECRETARY_AFTER + KINDER, "tools": tools_after},
                ("instructions", "tools"),
                "secretary@9",
                sources=("instructions.polite",),
            ),
            Change(
                assistant("server-bot"),
                Action.DELETE,
                "assistant",
                as_written("no longer in the manifests"),
                {"model": "gpt-6-luna", "name": "Server bot", "instructions": "You watch the server."},
                None,
                id="asst_Xh2k8Qm1",
            ),
            Change(
                library,
                Action.UPDATE,
                "vector_store",
                as_written("name was changed outside of provision"),
                {"name": "Library, old"},
                {"name": "Library"},
                ("name",),
                "vs_1badcb44850d",
            ),
        ),
        drift=(Drift(library, ("name",), "Library", "Library, old", overwritten=True),),
        diagnostics=(
            Diagnostic(
                "warning",
                "`server-bot` is deleted; conversations that use it end",
                Place("manifests/assistants.yaml", 12, 3),
            ),
        ),
        unchanged=14,
        cost=Estimate(
            "2026-11-01",
            Storage(1_270_000_000, 1_520_000_000, 0.81, 1.56, 0.10, 1.0),
            (
                StoreCost(str(library), 1_270_000_000, 1_270_000_000, measured=True),
                StoreCost(str(handbook), 0, 250_000_000),
            ),
            (ContainerCost("assistant.secretary", "1g", "1g", 0.03, 0.03),),
            (ToolCost("file_search", 2.5, ("assistant.librarian",), ("assistant.librarian", "assistant.secretary")),),
        ),
        needs={
            assistant("math-tutor"): (Address("instructions", "polite"), Address("tool", "solve")),
            assistant("secretary"): (Address("instructions", "polite"), handbook, timetable),
            assistant("librarian"): (library,),
            assistant("server-bot"): (Address("tool", "ping"),),
            timetable: (),
            library: (),
            handbook: tuple(Address("file", f"manifests/handbook/{name}.md") for name in ("fees", "rooms", "rules")),
            **{Address("file", f"manifests/handbook/{name}.md"): () for name in ("fees", "rooms", "rules")},
        },
    )


def everything() -> Plan:
    """Every action, every kind of difference and of message."""
    store, book = Address("vector_store", "plays"), Address("file", "manifests/books/hamlet.md")
    return Plan(
        changes=(
            Change(
                assistant("new"),
                Action.CREATE,
                "definition",
                as_written("not there yet"),
                None,
                {
                    "model": "a",
                    "instructions": POLITE,
                    "tools": [{"type": "file_search", "vector_store_ids": [Unknown(store)]}],
                },
            ),
            Change(
                assistant("plain"),
                Action.CREATE,
                "definition",
                as_written("vanished: asst_1 was deleted outside of provision"),
            ),
            Change(
                assistant("tools"),
                Action.UPDATE,
                "agent",
                as_written("fields change"),
                {
                    "tools": [{"type": "file_search"}, {"type": "mcp", "server_label": "a", "n": 1}],
                    "metadata": {"a": "1"},
                    "text": "x\n",
                    "store": None,
                    "list": [1, 2],
                    "id": "vs_1",
                    "model": "a\nb",
                },
                {
                    "tools": [
                        {"type": "mcp", "server_label": "a", "n": 2},
                        {"type": "file_search"},
                        {"type": "web_search"},
                    ],
                    "metadata": {"b": "1"},
                    "text": "x \n",
                    "store": True,
                    "list": [1, 3, 4],
                    "id": Unknown(store),
                    "model": "b",
                },
                ("tools",),
                "agent_1",
            ),
            Change(
                assistant("long"),
                Action.UPDATE,
                "definition",
                as_written("instructions changed"),
                {"model": "a", "instructions": "word " * 200 + "old" + " word" * 200},
                {"instructions": "word " * 200 + "new" + " word" * 200},
                ("instructions",),
                "long@1",
            ),
            Change(
                assistant("prompted"),
                Action.UPDATE,
                "definition",
                as_written("instructions is set", "description is left out"),
                {"description": POLITE},
                {"instructions": POLITE},
                ("instructions",),
                "prompted@1",
            ),
            Change(
                assistant("moved"),
                Action.REPLACE,
                "definition",
                as_written("target changed"),
                {"model": "a"},
                {"model": "a"},
                id="asst_2",
                former_type="assistant",
            ),
            Change(
                store,
                Action.UPDATE,
                "vector_store",
                as_written("files: 1 to attach, 2 to detach"),
                {"files": {str(book): {"file_id": "f1", "attributes": {"sha256": "1"}}, "file.b": {"file_id": "f2"}}},
                {
                    "files": {
                        str(book): {"file_id": "f3", "attributes": {"sha256": "2", "rank": 1}},
                        "file.c": {"file_id": Unknown(Address("file", "c"))},
                    }
                },
                ("files",),
                "vs_1",
            ),
            Change(
                book, Action.ADOPT, "file", as_written("adopted by its name"), {"bytes": 5}, {"bytes": 5}, id="file-1"
            ),
            Change(
                Address("file", "left"),
                Action.FORGET,
                "file",
                as_written("no longer in the manifests, and already deleted"),
                {"bytes": 43},
                None,
                id="file-2",
            ),
            Change(
                Address("environment", "python"),
                Action.DELETE,
                "environment_template",
                as_written("no longer in the manifests"),
                {"packages": ["a", "b"]},
                None,
                id="env_1",
            ),
            Change(book, Action.DELETE, "file", as_written("replaced"), {"bytes": 5}, None, id="file-0", retired=True),
        ),
        drift=(
            Drift(assistant("long"), (), "asst_3"),
            Drift(store, ("files", "file.b"), {"file_id": "f2"}, None, overwritten=True),
            Drift(assistant("tools"), ("instructions",), POLITE, KINDER, overwritten=True),
        ),
        diagnostics=(
            Diagnostic("info", "files that nothing names are not uploaded", Place("manifests/a.yaml", 3, 1)),
            Diagnostic("warning", "`hamlet` has no instructions", Place("manifests/a.yaml", 9, 5)),
            Diagnostic("blocked", "assistant.moved is protected; take `protect` away first"),
        ),
        unchanged=3,
        cost=Estimate("2026-11-01", Storage(5, 5, 0, 0, 0.1, 1.0), (StoreCost(str(store), 5, 5),)),
        needs={assistant("tools"): (store,), store: (book,), book: ()},
    )


def hostile() -> Plan:
    """What must stay text, and be seen: markup and hidden letters wherever a text can come from."""
    nasty = f"{SCRIPT} {HIDDEN}"
    before = {
        "model": nasty,
        nasty: 1,
        "instructions": f"one\n{nasty}\ntwo\n",
        "tools": [{"type": "function", "name": nasty}],
    }
    return Plan(
        changes=(
            Change(
                assistant(nasty),
                Action.UPDATE,
                "definition",
                as_written(nasty),
                before,
                {**before, "instructions": f"one\n{nasty} more\ntwo\n", nasty: 2},
                (nasty,),
                nasty,
            ),
            Change(
                Address("file", f"manifests/{nasty}.md"),
                Action.CREATE,
                "file",
                as_written(nasty),
                None,
                {"filename": nasty, "bytes": 5},
            ),
            Change(
                Address("vector_store", nasty),
                Action.DELETE,
                "vector_store",
                as_written(nasty),
                {"files": {nasty: {"file_id": nasty}}},
                None,
                id=nasty,
            ),
            Change(
                assistant("whole"),
                Action.CREATE,
                "definition",
                as_written(nasty),
                None,
                {"instructions": f"{nasty}\n{nasty}", "tools": [nasty]},
            ),
            Change(
                assistant("closing"),
                Action.CREATE,
                "definition",
                (),
                None,
                {"instructions": "</script></style></details></main>\n-->\n]]>\n&lt;b&gt;"},
            ),
        ),
        drift=(
            Drift(assistant(nasty), (nasty,), nasty, 1, overwritten=True),
            Drift(assistant("a"), ("instructions",), f"{nasty}\n", f"{nasty}!\n"),
        ),
        diagnostics=(Diagnostic("error", nasty, Place(nasty, 1, 1)), Diagnostic("info", nasty)),
        cost=Estimate(
            nasty,
            Storage(5, 9, 0, 1, 0.1, 1.0),
            (StoreCost(nasty, 5, 9), StoreCost("b", 5, 9)),
            (),
            (ToolCost(nasty, 1, (), (nasty,)),),
        ),
        needs={assistant(nasty): (Address("vector_store", nasty),), Address("vector_store", nasty): ()},
    )


def large_texts() -> Plan:
    """Long prompts: on one line and on many, created and changed."""
    line, lines = "All work and no play. " * 500, "All work.\n" * 300
    return Plan(
        changes=(
            Change(assistant("one-line"), Action.CREATE, "definition", (), None, {"instructions": line}),
            Change(assistant("many-lines"), Action.CREATE, "definition", (), None, {"instructions": lines}),
            Change(
                assistant("one-word"),
                Action.UPDATE,
                "definition",
                (),
                {"instructions": line},
                {"instructions": line[:-20] + "some play."},
                id="a@1",
            ),
            Change(
                assistant("all-lines"),
                Action.UPDATE,
                "definition",
                (),
                {"instructions": lines},
                {"instructions": "No play.\n" * 300},
                id="b@1",
            ),
        ),
    )


def broken() -> Plan:
    """A plan that cannot be applied."""
    return Plan(diagnostics=(Diagnostic("error", "the Assistants API is gone; choose another target"),), unchanged=2)


def unchanged() -> Plan:
    """A plan that does nothing."""
    return Plan(unchanged=7)


PLANS: dict[str, Callable[[], Plan]] = {
    each.__name__: each for each in (review, everything, hostile, large_texts, broken, unchanged)
}
HEADINGS = {"hostile": Heading(SCRIPT, HIDDEN, f"{SCRIPT}{HIDDEN}", 0)}
