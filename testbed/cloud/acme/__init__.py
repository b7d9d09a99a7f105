"""An ACME server beside the local cloud: Pebble, which validates names by this cloud's own DNS.

pebble (built from its Go module, a child process, with an authority of its own that changes with every start)
→ its roots, whom clients trust as they trust a public authority's.
"""
