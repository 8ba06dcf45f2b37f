"""Renders the turns of dialogues: as text, as a live view on a terminal, as JSON lines, and as transcripts."""
