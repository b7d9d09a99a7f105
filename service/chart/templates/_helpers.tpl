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

{{- define "ping.workloadVersion" -}}
{{- ternary "argoproj.io/v1alpha1" "apps/v1" .Values.canary.enabled -}}
{{- end -}}

{{- define "ping.workloadKind" -}}
{{- ternary "Rollout" "Deployment" .Values.canary.enabled -}}
{{- end -}}

{{/* Who may call the service, as JSON: a canary is asked by its smoke test before any client does. */}}
{{- define "ping.callers" -}}
{{- $callers := .Values.callers -}}
{{- if .Values.canary.enabled -}}
{{- $smoke := dict "namespace" .Release.Namespace "serviceAccount" (include "ping.smoke" .) "methods" (list "GET") "paths" (list "/ping" "/version") -}}
{{- $callers = append $callers $smoke -}}
{{- end -}}
{{- toJson $callers -}}
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

{{/* Egress that every pod in the mesh needs: names, and its control plane where there is one. */}}
{{- define "ping.dnsAndMesh" -}}
- to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: kube-system}
      # A cache on each node answers in its place where there is one.
      podSelector:
        matchExpressions:
          - {key: k8s-app, operator: In, values: [kube-dns, node-local-dns]}
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- if .Values.networkPolicy.meshNamespace }}
- to:
    {{- include "ping.namespaces" (list .Values.networkPolicy.meshNamespace) | nindent 4 }}
  ports:
    - {protocol: TCP, port: 15012}
{{- end }}
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
