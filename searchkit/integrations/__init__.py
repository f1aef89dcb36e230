"""searchkit inside other frameworks, each in its own idiom. Nothing here is imported before it is asked for."""
