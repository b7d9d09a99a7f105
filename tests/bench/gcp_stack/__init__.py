"""What a no-op of 20 resources costs: gcp_stack against google.cloud's modules."""
