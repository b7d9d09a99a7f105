"""Where a kind cluster's images come from: archives that every node sees, brought in by `loading`.

images.built → loading (into the nodes' own store) → published (the names that upstreams and inventories have for them);
mirror (what is not there is pulled from the local cloud's Artifact Registry, and from no other registry).
"""
