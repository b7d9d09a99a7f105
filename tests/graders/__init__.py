"""What other people's graders say of what the project ships: ``make graders``, part of ``make lint``.

The way of the data: ``manifests`` renders what the roles and ping's chart apply for every inventory; ``outside`` runs
the graders over that, the collection's docs and the workflows, and makes their answers findings; ``waivers`` compares
those with ``waivers.yml``. A finding that is not waived fails, and so does a waiver that matches nothing.
``tools/graders`` installs the graders into an environment of their own: their dependencies clash with the project's.
helm and actionlint are Go modules, built as the testbed's programs are.
"""
