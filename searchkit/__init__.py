"""searchkit: point it at a folder, ask a question, get the right paragraph with its place in the source."""
