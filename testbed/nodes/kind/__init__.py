"""What a kind cluster is configured with, and kubectl on it: the testbed's own way in."""
