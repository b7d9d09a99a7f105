"""The node image: kind's node files changed (nodefiles), laid out with the programs (nodetree), built (build)."""
