"""The steps of a release's pipeline, run on this machine.

.github/workflows/release.yml (steps, environment, artifacts) → test_release_steps (each step's script by bash) → dist/
and a Galaxy on loopback.
"""
