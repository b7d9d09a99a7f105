{{- if .Values.podDisruptionBudget.enabled }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
spec:
  # A pod that is not ready protects nobody: it must not hold up a node's drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  maxUnavailable: {{ .Values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "ping.selectorLabels" . | nindent 6 }}
{{- end }}
