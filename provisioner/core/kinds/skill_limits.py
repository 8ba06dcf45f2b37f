"""Contains the names and limits of skills.

Source: `resources/skills/` in openai-python 3.57, OpenAI's guide to skills, and https://agentskills.io/specification.
"""

from __future__ import annotations

import re

#: The name of the file that every skill has once, in uppercase or lowercase. The YAML front matter of this file holds
#: the skill's name and description.
SKILL_FILE = "SKILL.md"
#: The pattern of a skill's name in the specification of skills, and the largest numbers of characters in a name and a
#: description.
SKILL_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_NAME = 64
LONGEST_DESCRIPTION = 1024
#: The largest number of files in one version of a skill, of bytes in one file, and of bytes in the archive that is
#: uploaded.
MOST_FILES = 500
MOST_FILE_BYTES = 25 * 1024 * 1024
MOST_ARCHIVE_BYTES = 50 * 1024 * 1024
