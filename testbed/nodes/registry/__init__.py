"""Where a kind cluster's images come from: archives that every node sees, brought in by `loading`.

images.built → loading (into the nodes' own store); mirror (what is not there is pulled from the local cloud, which
serves Artifact Registry and the registries of upstreams, and from nowhere else).
"""
