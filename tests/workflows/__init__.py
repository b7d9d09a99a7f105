"""The jobs of ``.github/workflows``, run on this machine: ``make workflows``, part of ``make test-all``.

The way of the data: ``repository`` makes the commit that is run; ``expected`` reads its workflows: every step that has
to run, and every action and input that no stand-in knows; ``act`` runs a workflow with nektos/act, each job in a folder
of its own, and makes its log results; ``expected`` compares: a step without a success fails the run, whether it failed
or never ran. A step that is the project's own runs as it stands. An action is answered by the stand-in in ``actions``
that names the same pin; ``given`` has what a repository and a runner would give.
"""
