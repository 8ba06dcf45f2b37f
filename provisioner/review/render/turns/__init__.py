"""Renders dialogues with assistants: as text, as a live view on a terminal, as JSON lines, and as transcripts. A turn
is one message to an assistant and everything until its answer is complete.
"""
