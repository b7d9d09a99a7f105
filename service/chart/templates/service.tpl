apiVersion: v1
kind: Service
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
  {{- with .Values.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .Values.service.type }}
  selector:
    {{- include "ping.selectorLabels" . | nindent 4 }}
  ports:
    # The names tell the mesh which protocol a port speaks.
    - {name: http, port: {{ .Values.service.port }}, targetPort: http, protocol: TCP, appProtocol: http}
    - {name: http-metrics, port: {{ .Values.service.metricsPort }}, targetPort: http-metrics, protocol: TCP, appProtocol: http}
    {{- if .Values.tls.enabled }}
    - {name: tls-app, port: {{ .Values.tls.port }}, targetPort: tls-app, protocol: TCP, appProtocol: tls}
    {{- end }}
{{- if .Values.tls.public }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "ping.publicService" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    {{- include "ping.labels" . | nindent 4 }}
spec:
  type: LoadBalancer
  selector:
    {{- include "ping.selectorLabels" . | nindent 4 }}
  ports:
    - {name: tls-app, port: 443, targetPort: tls-app, protocol: TCP, appProtocol: tls}
{{- end }}
