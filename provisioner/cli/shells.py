"""The shells that complete commands, and how they ask what can be typed. Imports nothing."""

from __future__ import annotations

SHELLS = ["bash", "zsh", "fish"]
#: The variable by which a shell asks: `bash_complete`, `zsh_complete`, `fish_complete`. click answers it.
COMPLETING = "_PROVISION_COMPLETE"
