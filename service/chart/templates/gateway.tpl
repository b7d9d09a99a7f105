{{- if .Values.gateway.enabled }}
{{- if not .Values.gateway.name }}
apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
spec:
  selector:
    {{- toYaml .Values.gateway.selector | nindent 4 }}
  servers:
    - port: {number: 80, name: http, protocol: HTTP}
      hosts: {{ include "ping.gatewayHosts" . }}
      tls: {httpsRedirect: true}
    - port: {number: 443, name: https, protocol: HTTPS}
      hosts: {{ include "ping.gatewayHosts" . }}
      tls:
        mode: SIMPLE
        credentialName: {{ .Values.gateway.credentialName | quote }}
        minProtocolVersion: TLSV1_2
---
{{- end }}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
spec:
  hosts: {{ toJson .Values.gateway.hosts }}
  gateways: [{{ .Values.gateway.name | default (include "ping.fullname" .) | quote }}]
  http:
    - {{ if .Values.canary.enabled }}name: ping
      {{ end }}match:
        {{- range .Values.gateway.paths }}
        - uri: {exact: {{ . | quote }}}
        {{- end }}
      timeout: {{ .Values.gateway.timeout }}
      # Only what never reached the service: a ping that failed is counted once.
      retries: {attempts: 2, retryOn: "connect-failure,refused-stream,unavailable"}
      route:
        {{- if .Values.canary.enabled }}
        {{- include "ping.weighted" . | nindent 8 }}
        {{- else }}
        - destination:
            host: {{ include "ping.fullname" . }}.{{ .Release.Namespace }}.svc.cluster.local
            port: {number: {{ .Values.service.port }}}
        {{- end }}
{{- end }}
