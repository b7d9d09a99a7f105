{{- if .Values.peerAuthentication.enabled }}
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "ping.selectorLabels" . | nindent 6 }}
  mtls:
    mode: STRICT
{{- end }}
