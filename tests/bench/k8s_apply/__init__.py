"""What applying objects costs, first and again: k8s_apply against kubernetes.core and kubectl."""
