"""GKE's metadata server on every node: who a pod is, and an access token for that.

names    Google's names, and the cloud's zones, in a cluster's DNS
objects  the server in a cluster, and how a node leads pods to it and to the local cloud
server   the program: stdlib only, for it runs in a pod (its text is in a ConfigMap)
"""
