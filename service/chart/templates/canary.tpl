{{- if .Values.canary.enabled }}
{{- range list (include "ping.stableService" .) (include "ping.canaryService" .) }}
# The controller adds the version's hash to the selector; both are of the same version while there is no canary.
apiVersion: v1
kind: Service
metadata:
  name: {{ . | quote }}
  namespace: {{ $.Release.Namespace | quote }}
  labels:
    {{- include "ping.labels" $ | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    {{- include "ping.selectorLabels" $ | nindent 4 }}
  ports:
    - {name: http, port: {{ $.Values.service.port }}, targetPort: http, protocol: TCP, appProtocol: http}
---
{{- end }}
# Calls from inside the mesh; those from outside have their own, beside the gateway.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: {{ include "ping.meshRoute" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    {{- include "ping.labels" . | nindent 4 }}
spec:
  hosts: [{{ include "ping.fullname" . }}.{{ .Release.Namespace }}.svc.cluster.local]
  http:
    - name: ping
      match: [{port: {{ .Values.service.port }}}]
      route:
        {{- include "ping.weighted" . | nindent 8 }}
    - name: metrics
      match: [{port: {{ .Values.service.metricsPort }}}]
      route:
        - destination:
            host: {{ include "ping.fullname" . }}.{{ .Release.Namespace }}.svc.cluster.local
            port: {number: {{ .Values.service.metricsPort }}}
---
{{- $pods := printf "%s-{{args.revision}}-.*" (include "ping.fullname" .) }}
{{- $of := printf "namespace=\"%s\",pod=~\"%s\"" .Release.Namespace $pods }}
{{- $window := .Values.canary.window }}
{{- $seconds := trimSuffix "s" $window | int }}
{{- $received := printf "sum(increase(ping_requests_received_total{%s}[%s]))" $of $window }}
{{- $failed := printf "sum(increase(ping_failures_total{%s}[%s]))" $of $window }}
# No ping in the window says nothing: the canary then waits for a person.
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
spec:
  args: [{name: revision}]
  metrics:
    - name: success-ratio
      initialDelay: {{ div (add $seconds 1) 2 }}s
      interval: {{ max 1 (div $seconds 4) }}s
      count: {{ .Values.canary.measurements }}
      successCondition: len(result) > 0 && !isNaN(result[0]) && result[0] >= {{ .Values.canary.successRatio }}
      failureCondition: len(result) > 0 && !isNaN(result[0]) && result[0] < {{ .Values.canary.successRatio }}
      provider:
        prometheus:
          address: {{ .Values.canary.prometheus | quote }}
          query: {{ printf "1 - %s / %s" $failed $received | quote }}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: {{ include "ping.smoke" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    {{- include "ping.labels" . | nindent 4 }}
spec:
  metrics:
    - name: smoke
      provider:
        job:
          spec:
            backoffLimit: 0
            activeDeadlineSeconds: 120
            template:
              metadata:
                labels:
                  {{- include "ping.smokeLabels" . | nindent 18 }}
              spec:
                restartPolicy: Never
                serviceAccountName: {{ include "ping.smoke" . | quote }}
                automountServiceAccountToken: false
                enableServiceLinks: false
                securityContext:
                  runAsNonRoot: true
                  runAsUser: 65532
                  runAsGroup: 65532
                  seccompProfile: {type: RuntimeDefault}
                {{- with .Values.imagePullSecrets }}
                imagePullSecrets:
                  {{- toYaml . | nindent 18 }}
                {{- end }}
                containers:
                  - name: smoke
                    image: {{ include "ping.image" . | quote }}
                    imagePullPolicy: {{ .Values.image.pullPolicy }}
                    command: [python3, -m, pingpong.smoke]
                    args:
                      - --requests={{ .Values.canary.smokeRequests }}
                      - http://{{ include "ping.canaryService" . }}.{{ .Release.Namespace }}.svc.cluster.local:{{ .Values.service.port }}
                    resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 128Mi}}
                    securityContext:
                      allowPrivilegeEscalation: false
                      privileged: false
                      readOnlyRootFilesystem: true
                      capabilities: {drop: [ALL]}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "ping.smoke" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    {{- include "ping.labels" . | nindent 4 }}
automountServiceAccountToken: false
{{- if .Values.networkPolicy.enabled }}
---
# Everything in a namespace may resolve names and reach its control plane; this is the one thing more that it needs.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "ping.smoke" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    {{- include "ping.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "ping.smokeLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "ping.dnsAndMesh" . | nindent 4 }}
    - to:
        - podSelector:
            matchLabels:
              {{- include "ping.selectorLabels" . | nindent 14 }}
      ports:
        - {protocol: TCP, port: {{ .Values.service.port }}}
{{- end }}
{{- end }}
