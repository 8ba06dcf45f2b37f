"""Turns of dialogues → text, a live view on a terminal, JSON lines, transcripts."""
