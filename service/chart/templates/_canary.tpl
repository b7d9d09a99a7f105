{{- define "ping.smoke" -}}
{{- printf "%s-smoke" (include "ping.fullname" . | trunc 57 | trimSuffix "-") -}}
{{- end -}}

{{- define "ping.smokeLabels" -}}
app.kubernetes.io/name: ping-smoke
app.kubernetes.io/instance: {{ include "ping.fullname" . | quote }}
{{- end -}}

{{- define "ping.stableService" -}}
{{- printf "%s-stable" (include "ping.fullname" . | trunc 56 | trimSuffix "-") -}}
{{- end -}}

{{- define "ping.canaryService" -}}
{{- printf "%s-canary" (include "ping.fullname" . | trunc 56 | trimSuffix "-") -}}
{{- end -}}

{{/* Where calls go. Whoever runs a canary writes the weights; all else is declared here. */}}
{{- define "ping.weighted" -}}
- destination:
    host: {{ include "ping.stableService" . }}.{{ .Release.Namespace }}.svc.cluster.local
    port: {number: {{ .Values.service.port }}}
  weight: 100
- destination:
    host: {{ include "ping.canaryService" . }}.{{ .Release.Namespace }}.svc.cluster.local
    port: {number: {{ .Values.service.port }}}
  weight: 0
{{- end -}}

{{/* Fields of the Rollout's spec that a Deployment has otherwise, or not at all. */}}
{{- define "ping.canary" -}}
# A version whose pods do not become ready is taken back as well.
progressDeadlineSeconds: 300
progressDeadlineAbort: true
analysis: {successfulRunHistoryLimit: 1, unsuccessfulRunHistoryLimit: 3}
strategy:
  canary:
    maxUnavailable: 0
    maxSurge: 1
    stableService: {{ include "ping.stableService" . }}
    canaryService: {{ include "ping.canaryService" . }}
    # Until every proxy has heard that nobody is sent there any more.
    scaleDownDelaySeconds: 30
    abortScaleDownDelaySeconds: 30
    trafficRouting:
      istio:
        virtualServices:
          {{- if .Values.gateway.enabled }}
          - {name: {{ include "ping.fullname" . | quote }}, routes: [ping]}
          {{- end }}
          - {name: {{ include "ping.meshRoute" . | quote }}, routes: [ping]}
    steps:
      # One pod that no client is sent to: it must pass the smoke test first.
      - setCanaryScale: {replicas: 1}
      - analysis: {templates: [{templateName: {{ include "ping.smoke" . | quote }}}]}
      - setCanaryScale: {matchTrafficWeight: true}
      {{- range $index, $weight := .Values.canary.steps }}
      - setWeight: {{ $weight }}
      - analysis:
          templates: [{templateName: {{ include "ping.fullname" $ | quote }}}]
          args: [{name: revision, valueFrom: {podTemplateHashValue: Latest}}]
      {{- if and $.Values.canary.approval (eq $index 0) }}
      - pause: {}
      {{- end }}
      {{- end }}
{{- end -}}

{{- define "ping.meshRoute" -}}
{{- printf "%s-mesh" (include "ping.fullname" . | trunc 58 | trimSuffix "-") -}}
{{- end -}}
