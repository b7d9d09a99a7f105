"""What GKE has in a cluster and kind has not: Gateway API's kinds, the metrics server, the Secret Manager add-on."""
