"""Artifact Registry's other half: images at ``LOCATION-docker.pkg.dev``, by the registry protocol.

web.server (a request for such a host) → names (which repository, pull, push or delete) → access (who asks, and whether
the repository's and the project's policies admit it, in Artifact Registry's words) → server (immutable tags, then both
ways in pieces) → distribution (Debian's docker-registry: a child process at a socket, started by the first request).
What a remote repository lacks, remote fetches from its upstream first; public answers for upstreams' own registries.

Which repositories exist is what the API's store says: one that is deleted takes its images along.
"""
