"""Lists the shells that support completion, and names the environment variable with which they ask for suggestions.
This module imports nothing.
"""

from __future__ import annotations

SHELLS = ["bash", "zsh", "fish"]
#: The variable with which a shell asks click: its value is `bash_complete`, `zsh_complete` or `fish_complete`.
COMPLETING = "_PROVISION_COMPLETE"
