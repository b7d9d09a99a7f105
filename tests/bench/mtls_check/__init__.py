"""What it costs to look at every pair of a mesh from both sides: mtls_check against a kubectl exec an attempt."""
