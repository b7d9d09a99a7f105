{{- if .Values.networkPolicy.enabled }}
{{- with .Values.networkPolicy }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "ping.metadata" $ | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "ping.selectorLabels" $ | nindent 6 }}
  policyTypes: [Ingress, Egress]
  # Probes need no rule: what comes from the pod's own node is always let in.
  ingress:
    {{- with include "ping.callers" $ | fromJsonArray }}
    - from:
        {{- include "ping.callerNamespaces" . | nindent 8 }}
      ports:
        - {protocol: TCP, port: {{ $.Values.service.port }}}
    {{- end }}
    {{- if $.Values.tls.public }}
    - ports:
        - {protocol: TCP, port: {{ $.Values.tls.port }}}
    {{- else if and $.Values.tls.enabled .tlsCallers }}
    - from:
        {{- include "ping.namespaces" .tlsCallers | nindent 8 }}
      ports:
        - {protocol: TCP, port: {{ $.Values.tls.port }}}
    {{- end }}
    {{- with $.Values.metricsCallers }}
    - from:
        {{- include "ping.callerNamespaces" . | nindent 8 }}
      ports:
        - {protocol: TCP, port: {{ $.Values.service.metricsPort }}}
        - {protocol: TCP, port: 15020} # the sidecar's agent
        - {protocol: TCP, port: 15090} # the sidecar's Envoy
    {{- end }}
  egress:
    {{- include "ping.dnsAndMesh" $ | nindent 4 }}
    {{- if .peers }}
    - to:
        {{- include "ping.namespaces" .peers | nindent 8 }}
      ports:
        - {protocol: TCP, port: {{ $.Values.service.port }}}
    {{- end }}
{{- end }}
{{- end }}
