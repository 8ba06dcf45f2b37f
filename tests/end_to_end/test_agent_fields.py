"""Fields that only agents and their environments have: sent, settled, and not kept where they are secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import actions, apply, edit
from tests.warm.commands import WarmProvision

SETTINGS = "project: case\ntarget: {target}\ndefaults: {{model: gpt-4.1}}\n"
ARCHIVE = "{type: base64, media_type: application/zip, data: UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==}"
AGENT = f"""
assistants:
  bot:
    tools:
      - type: mcp
        server_label: wiki
        server_url: https://example.org/mcp
        require_approval: never
        allowed_tools: {{tool_names: [find]}}
        credential_id: cred_1
        connection_origin: environment
        required: true
        request_metadata: {{team: tutors}}
      - {{type: programmatic_tool_calling, enabled: false}}
    environment:
      network: {{access: restricted, blocked_domains: [example.com]}}
      setup_commands: [{{command: make, cwd: /workspace/lib}}]
      env: {{GREETING: annyeong-haseyo, TOKEN: {{runtime: TOKEN}}}}
      skills: [{{type: skill_reference, skill_id: skill_1}}]
      plugins: [{{type: inline, name: notes, description: Keeps notes., source: {ARCHIVE}}}]
      desktop: {{enabled: true}}
      capability_directories: [/workspace/capabilities]
"""


def in_releases(path: Path) -> bool:
    """Whether a file holds releases, which keep what the API never returns, so that a rollback restores it."""
    return any(part.endswith(".releases") or part == "releases" for part in path.parts)


@pytest.mark.thorough
def test_an_agent_has_what_only_agents_have(
    provision: WarmProvision, project: WriteProject, account: Account, tmp_path: Path
) -> None:
    project({"provision.yaml": SETTINGS.format(target="agents"), "bot.yaml": AGENT})
    apply(provision)
    tool, code = account.agents()["bot"].to_dict()["tools"]
    assert tool["credential_id"] == "cred_1"
    assert tool["connection_origin"] == "environment"
    assert tool["required"] is True
    assert tool["request_metadata"] == {"team": "tutors"}
    assert tool["allowed_tools"] == ["find"]
    assert code == {"type": "programmatic_tool_calling", "enabled": False}
    (template,) = account.templates()
    assert [each.skill_id for each in template.skills] == ["skill_1"]
    assert [each.name for each in template.plugins] == ["notes"]
    assert template.desktop.enabled
    assert template.capability_directories == ["/workspace/capabilities"]
    assert template.network.access == "restricted"
    kept = "".join(path.read_text("utf-8") for path in (tmp_path / "state").rglob("*.json") if not in_releases(path))
    assert "annyeong-haseyo" not in kept
    assert "UEsFBgAAAA" not in kept

    bot = tmp_path / "manifests/bot.yaml"
    edit(bot, "annyeong-haseyo", "annyeong")
    assert actions(provision) == {"environment.bot": "update"}
    apply(provision)
    text = bot.read_text("utf-8")
    bot.write_text(text[: text.index("      env:")], encoding="utf-8")
    assert actions(provision) == {"environment.bot": "update"}
    apply(provision)
    (template,) = account.templates()
    assert (template.skills, template.plugins, template.capability_directories) == ([], [], [])
    assert not template.desktop.enabled


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_file_search_whose_stores_come_with_threads(
    provision: WarmProvision, project: WriteProject, account: Account, tmp_path: Path
) -> None:
    search = "assistants: {support: {tools: [{type: file_search, vector_stores: [docs]}]}}\nvector_stores: {docs: {}}\n"
    project({"provision.yaml": SETTINGS.format(target="assistants"), "a.yaml": search})
    apply(provision)
    edit(tmp_path / "manifests/a.yaml", ", vector_stores: [docs]", "")
    apply(provision)
    (resources,) = (each.tool_resources.to_dict() for each in account.assistants().values())
    assert resources["file_search"]["vector_store_ids"] == []
    edit(tmp_path / "manifests/provision.yaml", "assistants", "responses")
    refused = provision("plan")
    assert refused.code == 1
    assert "`file_search` needs its stores here" in refused.stderr


OWN = """
assistants:
  bot:
    agents:
      multi_agent: {enabled: true, max_concurrent_subagents: 2}
      compaction: {async: true}
      experimental: {time_awareness: true}
"""


@pytest.mark.thorough
def test_fields_of_agents_alone_are_sent_compared_and_reset(
    provision: WarmProvision, project: WriteProject, account: Account, tmp_path: Path
) -> None:
    def own() -> dict[str, object]:
        body = account.agents()["bot"].to_dict()
        return {name: body[name] for name in ("multi_agent", "compaction", "experimental")}

    bot = tmp_path / "manifests/bot.yaml"
    project({"provision.yaml": SETTINGS.format(target="agents"), "bot.yaml": OWN})
    apply(provision)
    assert own() == {
        "multi_agent": {"enabled": True, "max_concurrent_subagents": 2},
        "compaction": {"async": True},
        "experimental": {"time_awareness": True},
    }

    account.client.beta.agents.update(account.agents()["bot"].id, compaction={"async_": False})
    assert actions(provision) == {"assistant.bot": "update"}
    assert provision("apply", "--yes", "--overwrite-drift").code == 0
    assert own()["compaction"] == {"async": True}

    edit(bot, "{time_awareness: true}", "{}")
    apply(provision)
    assert own()["experimental"] == {"time_awareness": False}
    edit(bot, "experimental: {}", "experimental: {time_awareness: true}")
    apply(provision)
    bot.write_text("assistants: {bot: {}}\n", encoding="utf-8")
    assert actions(provision) == {"assistant.bot": "update"}
    apply(provision)
    assert own() == {
        "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
        "compaction": {"async": False},
        "experimental": {"time_awareness": False},
    }
    assert actions(provision) == {}
