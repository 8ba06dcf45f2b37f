"""Runs the assistants of a project, for the commands chat, ask and test."""

from __future__ import annotations

import os

from msgspec import Struct

from provisioner.engine.running.destinations import check_destinations
from provisioner.engine.running.dialogue import Dialogue
from provisioner.engine.running.local_functions import is_ci
from provisioner.engine.running.opening import MAX_TURNS, check_stores, open_dialogue
from provisioner.engine.running.pricing import price_turn
from provisioner.engine.running.subject import Subject, find_applied, find_unapplied
from provisioner.engine.snapshot import read_checked_state
from provisioner.openai_api.turns.turn import Price, Turn
from provisioner.openai_api.turns.uploads import Uploads
from provisioner.project.wiring import Project
from provisioner.state.records import State


class Runner(Struct, frozen=True):
    """Runs the assistants of an opened project. `state` is the state of the project, and `notes` are messages about
    this state.

    If `unapplied` is True, assistants are taken from the manifests instead of the state.
    """

    project: Project
    state: State | None
    notes: tuple[str, ...] = ()
    unapplied: bool = False

    def find(self, name: str) -> Subject:
        """Returns the assistant with the name `name`. Raises UsageError if it does not exist or is not applied. In CI,
        also raises UsageError if an assistant from the manifests sends a secret in a part, such as a tool, that no
        applied assistant has.
        """
        manifest = self.project.manifest
        find = find_unapplied if self.unapplied else find_applied
        subject = find(name, self.state, manifest.resources, manifest.functions)
        if self.unapplied and is_ci(os.environ):
            check_destinations(subject, self.state)
        return subject

    def open(
        self, subject: Subject, *, streaming: bool = True, max_turns: int = MAX_TURNS, keep: bool = False
    ) -> Dialogue:
        """Opens a dialogue with the assistant `subject`, and returns the dialogue. At its end, the dialogue deletes the
        objects that it created, unless `keep` is True.

        `max_turns` is the largest number of rounds of function calls in one turn. Raises UsageError if a vector store
        of the assistant has expired or does not exist, or if a runtime value is missing.
        """
        check_stores(subject, self.project.engine.collections)
        settings = self.project.settings

        def price(turn: Turn) -> Price:
            return price_turn(turn, subject, settings.prices, settings.model_prices)

        return open_dialogue(
            self.project.session,
            subject,
            os.environ,
            streaming=streaming,
            max_turns=max_turns,
            keep=keep,
            price=price,
        )

    def uploads(self) -> Uploads:
        """Returns an object that uploads the files of messages, and that deletes these uploads at the end."""
        return Uploads(self.project.session)


def read_runner(project: Project, *, unapplied: bool = False) -> Runner:
    """Returns a runner with the present state. The state is not locked. If `unapplied` is True, the runner takes
    assistants from the manifests. Raises StateError if the state cannot be read, and Blocked if the state is not the
    last written state.
    """
    state, notes = read_checked_state(project.backend, project.engine.identity)
    return Runner(project, state, tuple(notes), unapplied)
