"""What GKE has in a cluster and kind has not: the metrics server, NodeLocal DNSCache, the Secret Manager add-on."""
