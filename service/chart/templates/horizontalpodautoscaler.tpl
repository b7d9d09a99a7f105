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
  # The metric that wants the most pods decides.
  metrics:
    - type: ContainerResource
      containerResource:
        name: cpu
        container: ping
        target: {type: Utilization, averageUtilization: {{ .Values.autoscaling.targetCPUUtilization }}}
    {{- with .Values.autoscaling.requests }}
    {{- if .enabled }}
    - type: Pods
      pods:
        metric: {name: {{ .metric | quote }}}
        target: {type: AverageValue, averageValue: {{ .target | quote }}}
    {{- end }}
    {{- end }}
  behavior:
    scaleDown: {stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDownAfterSeconds }}}
{{- end }}
