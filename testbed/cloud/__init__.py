"""The local cloud: a strict server of Google's APIs on loopback.

web (HTTPS, tokens) → dispatch (core.protocol: which method, does the body fit) → guards (project, API, identity)
→ a service's route → its rules → core.state (one transaction a request, operations that end later)
→ the answer; what was asked for becomes real in backend (clusters) and resolver (DNS, health checks).

Google's published discovery documents are its schema and its routes; `services/` holds what each API does.
"""
