"""Defines the tables for the stored objects of threads: threads, messages, runs and steps."""

from __future__ import annotations

from provisioner.emulator.endpoints.documents import DocumentTable

THREADS = DocumentTable("thread", "thread_", "thread")
#: The messages of one thread, if `under` names it.
MESSAGES = DocumentTable("thread.message", "msg_", "message")
#: The runs of one thread, if `under` names it.
RUNS = DocumentTable("thread.run", "run_", "run")
#: The steps of one run, if `under` names it.
STEPS = DocumentTable("thread.run.step", "step_", "run step")
