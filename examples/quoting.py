"""What stands for a language model in these examples: it quotes the first sentence of the first passage given to it.

Put a real one in its place; INSTRUCTIONS is what it needs to be told.
"""

import re

INSTRUCTIONS = (
    "Answer from the passages alone. Cite each sentence by the marker of the passage that it rests on, such as [1]. "
    "If the passages do not answer, say so."
)


def answer_to(prompt: str) -> str:
    """Return an answer to a prompt with passages behind markers."""
    found = re.search(r"^(\[\d+\]) (.+?[.!?])(?=\s|$)", prompt, re.MULTILINE)
    return "The documents do not tell." if found is None else f"{found[2]} {found[1]}"
