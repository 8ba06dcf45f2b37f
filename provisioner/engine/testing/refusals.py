"""Recognises an assistant's refusals by usual words near the beginning of the answer.

The Responses API marks some refusals. Most refusals are ordinary texts, which can only be recognised by their words.
"""

from __future__ import annotations

import re

#: The most characters at the beginning of an answer in which a refusal is looked for.
BEGINNING = 300
#: The words of refusals in English, German, French, Spanish and Korean. No part of it repeats without a limit, so a
#: match takes linear time.
REFUSAL = re.compile(
    r"\bi(?:'m| am) (?:very |so |really )?(?:sorry|afraid)(?:, but|,| but| that|\.)? i(?: can't| cannot| won't"
    r"| will not|'m not| am not|'m unable| am unable)\b"
    r"|\bi(?: can't| cannot| won't| will not|(?:'m| am) unable to|(?:'m| am) not able to| must decline to)"
    r" (?:\w{1,20} )?(?:help|assist|answer|provide|share|discuss|do that|comply|give|create|write|continue|fulfil)"
    r"|\b(?:that|this) is not something i can\b|\bi must decline\b"
    r"|\btut mir leid, (?:aber )?(?:das|dabei|ich) |\bdas kann ich nicht\b"
    r"|\bdabei kann ich (?:\w{1,20} )?nicht helfen\b"
    r"|\b(?:je suis désolée?|désolée?), (?:mais )?je ne peux pas\b"
    r"|\blo siento, (?:pero )?no puedo\b"
    r"|도와드릴 수 없|도와 드릴 수 없|답변할 수 없|답변드릴 수 없|알려드릴 수 없|제공할 수 없",
    re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """Returns whether the first BEGINNING characters of `text`, an answer of an assistant, contain the usual words of a
    refusal.
    """
    return REFUSAL.search(text[:BEGINNING].replace("\u2019", "'")) is not None
