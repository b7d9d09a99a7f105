"""Git repositories over HTTPS, for an inventory with GitOps: who knows the cloud's token pushes, everybody reads.

web.server (a request below ``/git/``) → server (who asks) → ``git http-backend`` (a process a request) → a bare
repository of the state folder, made when it is first asked for.
"""
