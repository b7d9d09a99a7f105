"""What a no-op of 100 objects costs: k8s_apply against kubernetes.core and kubectl."""
