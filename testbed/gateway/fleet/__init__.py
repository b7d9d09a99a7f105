"""A region's load balancers, running.

place (the network namespace, its addresses and routes) → fleet (Envoy, the WAF and the health checkers follow files
that are written whole; what ended is started again) ; health is the checkers' program.
"""
