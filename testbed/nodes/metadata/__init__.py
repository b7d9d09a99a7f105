"""GKE's metadata server on every node: who a pod is, and an access token for that.

server   the program: stdlib only, so that any image with Python runs it
"""
