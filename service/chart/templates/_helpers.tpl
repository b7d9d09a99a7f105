{{- define "ping.fullname" -}}
{{- default .Release.Name .Values.fullname | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "ping.selectorLabels" -}}
app.kubernetes.io/name: ping
app.kubernetes.io/instance: {{ include "ping.fullname" . | quote }}
{{- end -}}

{{- define "ping.labels" -}}
{{ include "ping.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- define "ping.metadata" -}}
name: {{ include "ping.fullname" . | quote }}
namespace: {{ .Release.Namespace | quote }}
labels:
  {{- include "ping.labels" . | nindent 2 }}
{{- end -}}

{{- define "ping.publicService" -}}
{{- printf "%s-public" (include "ping.fullname" . | trunc 56 | trimSuffix "-") -}}
{{- end -}}

{{- define "ping.serviceAccount" -}}
{{- default (include "ping.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "ping.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Namespaces by name, as peers of a network policy rule. */}}
{{- define "ping.namespaces" -}}
- namespaceSelector:
    matchExpressions:
      - {key: kubernetes.io/metadata.name, operator: In, values: {{ toJson . }}}
{{- end -}}

{{/* The namespaces of callers, each once. */}}
{{- define "ping.callerNamespaces" -}}
{{- $names := list -}}
{{- range . -}}{{- $names = append $names .namespace -}}{{- end -}}
{{- include "ping.namespaces" (uniq $names) -}}
{{- end -}}

{{/* Rules of an AuthorizationPolicy: each caller that has an identity, for what it is declared to ask. */}}
{{- define "ping.allowed" -}}
{{- range .callers -}}
{{- if .serviceAccount }}
- from:
    - source: {principals: [{{ printf "%s/ns/%s/sa/%s" $.trustDomain .namespace .serviceAccount | quote }}]}
  to:
    - operation:
        ports: [{{ $.port | quote }}]
        {{- with .methods }}
        methods: {{ toJson . }}
        {{- end }}
        {{- with .paths }}
        paths: {{ toJson . }}
        {{- end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Hosts of the gateway: "./" keeps other namespaces' routes off them. */}}
{{- define "ping.gatewayHosts" -}}
{{- $hosts := list -}}
{{- range .Values.gateway.hosts -}}{{- $hosts = append $hosts (printf "./%s" .) -}}{{- end -}}
{{- toJson $hosts -}}
{{- end -}}
