"""Who said what, by rules: source, reporting verb and claim in English news and reports, without a model.

`document` reads documents, for the write path alone; `question` reads questions, and is light.
"""
