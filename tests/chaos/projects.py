"""What is applied on bad days: the example on each target, and twenty files that only their contents tell apart."""

from __future__ import annotations

import shutil

from tests.chaos.world import World
from tests.conftest import CHECKOUT

TARGETS = ("responses", "agents", "assistants")

HAMLET = """
  hamlet:
    name: 롤 플레잉 봇
    instructions: [roleplay]
    tools:
      - type: file_search
        vector_stores: [hamlet]
        max_num_results: 8
"""

MATH_TUTOR = """  math-tutor:
    name: Math Tutor
    instructions: 당신은 개인 수학 교사입니다. 수학 문제에 답하는 python 코드를 작성하고 실행해 보세요.
    tools: [code_interpreter]

"""

SKILL = """
skills:
  grading: {path: skills/grading}
"""
#: Who has the skill, by target; the Assistants API knows no skills.
GRADERS = {
    "responses": """
assistants:
  grader:
    instructions: Grade.
    tools: [{type: shell, environment: {type: container_auto, skills: [grading]}}]
""",
    "agents": """
assistants:
  grader: {instructions: Grade., environment: {skills: [grading], network: {access: disabled}}}
""",
}
SKILL_FILE = "---\nname: grading\ndescription: Grades homework.\n---\n\nGrade.\n"
SCRIPT = "skills/grading/scripts/grade.py"

RENAMED = """
moved:
  - {from: vector_store.hamlet, to: vector_store.denmark}
  - {from: assistant.secretary, to: assistant.clerk}
"""

TWENTY = """
vector_stores:
  notes: {files: ["notes/*/note.txt"]}
"""


def write_example(world: World, target: str) -> None:
    """The example on a target; agents have no file search, so Hamlet's assistant stays away there."""
    without_tests = shutil.ignore_patterns("tests.yaml")  # Assistants are renamed and deleted here.
    shutil.copytree(CHECKOUT / "manifests", world.root / "manifests", ignore=without_tests, dirs_exist_ok=True)
    world.edit("provision.yaml", "target: responses", f"target: {target}")
    if target == "agents":
        world.edit("assistants.yaml", HAMLET, "")
    world.write("skills.yaml", SKILL + GRADERS.get(target, ""))
    world.write("skills/grading/SKILL.md", SKILL_FILE)
    world.write(SCRIPT, "print(1)\n")


def change_example(world: World) -> None:
    """An update (instructions, two ways), two replaced files, a new version of a skill, an assistant that leaves."""
    roleplay = "prompts/secretary.md"
    text = (world.root / "manifests" / roleplay).read_text(encoding="utf-8")
    world.write(roleplay, text + "\n간결하게 답하세요.\n")
    world.edit("assistants/server-bot.md", "친절하게", "간단하게")
    world.write("data/mydata.csv", "name,score\nmina,1\njun,2\n")
    world.write(SCRIPT, "print(2)\n")
    pdf = (world.root / "manifests/books/hamlet.pdf").read_bytes()
    world.write("books/hamlet.pdf", pdf + b"% second edition\n")
    world.edit("assistants.yaml", MATH_TUTOR, "")


def rename_example(world: World) -> None:
    """Renames of every kind, some by `moved:` and some by equal content, some together with an edit."""
    world.edit("assistants.yaml", "vector_stores:\n  hamlet:", "vector_stores:\n  denmark:")
    world.edit("assistants.yaml", "  math-tutor:", "  tutor:")
    world.edit("assistants.yaml", "  secretary:", "  clerk:")
    text = (world.root / "manifests/assistants.yaml").read_text(encoding="utf-8")
    if "vector_stores: [hamlet]" in text:
        world.edit("assistants.yaml", "vector_stores: [hamlet]", "vector_stores: [denmark]")
    world.write("prompts/secretary.md", "짧게 답하세요.\n")
    (world.root / "manifests/books").rename(world.root / "manifests/plays")
    world.edit("assistants.yaml", "books/*.pdf", "plays/*.pdf")
    skills = world.root / "manifests/skills.yaml"
    world.write("skills.yaml", skills.read_text(encoding="utf-8").replace("  grader:", "  marker:"))
    world.write("moved.yaml", RENAMED)


def rename_twenty(world: World) -> None:
    """The store and the assistant get other names."""
    world.edit("all.yaml", "  notes:", "  papers:")
    world.edit("all.yaml", "  reader:", "  scholar:")


def write_twenty(world: World) -> None:
    """Twenty files of one name and one size in a store, each with other content, and one assistant."""
    world.write("provision.yaml", "project: twenty\nstate: ../state\ndefaults: {model: gpt-6-luna}\n")
    world.write("all.yaml", TWENTY + "assistants:\n  reader: {instructions: Read.}\n")
    for number in range(20):
        write_note(world, number, f"note {number:02}, first")


def change_twenty(world: World) -> None:
    """Five other contents of the same size, one that goes, and one that moves."""
    for number in range(5):
        write_note(world, number, f"note {number:02}, other")
    notes = world.root / "manifests/notes"
    shutil.rmtree(notes / "05")
    (notes / "06").rename(notes / "26")


def write_note(world: World, number: int, text: str) -> None:
    world.write(f"notes/{number:02}/note.txt", text)
