"""How the time of a play grows with the number of clusters: a layer in up to 50, whose API servers are simulated."""
