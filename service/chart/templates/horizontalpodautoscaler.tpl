{{- if .Values.autoscaling.enabled }}
{{- with .Values.autoscaling }}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
{{- fail (printf "autoscaling.maxReplicas: found %v, expected at least minReplicas, %v" .maxReplicas .minReplicas) }}
{{- end }}
{{- end }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: {{ include "ping.workloadVersion" . }}, kind: {{ include "ping.workloadKind" . }}, name: {{ include "ping.fullname" . | quote }}}
  minReplicas: {{ .Values.autoscaling.minReplicas }}
  maxReplicas: {{ .Values.autoscaling.maxReplicas }}
  metrics:
    - type: ContainerResource
      containerResource:
        name: cpu
        container: ping
        target: {type: Utilization, averageUtilization: {{ .Values.autoscaling.targetCPUUtilization }}}
{{- end }}
