"""The runner of the workflows, with the real act: what is broken goes red and is named.

A checkout of its own (the workflows as they are, a Makefile whose targets only say that they were called, and may fail)
→ tests.workflows.play → what was called, and what fell short.
"""
