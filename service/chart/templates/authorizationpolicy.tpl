{{- if .Values.authorizationPolicy.enabled }}
# Who is not named is refused: the mesh denies what no policy allows, and so does this one by itself.
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "ping.selectorLabels" . | nindent 6 }}
  action: ALLOW
  rules:
    {{- include "ping.allowed" (dict "callers" (include "ping.callers" . | fromJsonArray) "port" .Values.service.port "trustDomain" .Values.trustDomain) | trim | nindent 4 }}
    {{- include "ping.allowed" (dict "callers" .Values.metricsCallers "port" .Values.service.metricsPort "trustDomain" .Values.trustDomain) | trim | nindent 4 }}
{{- end }}
