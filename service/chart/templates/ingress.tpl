{{- if .Values.ingress.enabled }}
{{- with .Values.ingress }}
# Not an Ingress: of one of those, Contour would take whatever certificate the service shows.
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata:
  {{- include "ping.metadata" $ | nindent 2 }}
spec:
  ingressClassName: {{ .className | quote }}
  virtualhost:
    fqdn: {{ .host | quote }}
    # Plain HTTP is redirected, as no route permits it.
    tls: {secretName: {{ .secretName | quote }}, minimumProtocolVersion: "1.2"}
  routes:
    {{- range .paths }}
    - conditions: [{exact: {{ . | quote }}}]
      timeoutPolicy: {response: {{ $.Values.ingress.timeout }}}
      # Only what never reached the service: a ping that failed is counted once.
      retryPolicy: {count: 2, retryOn: [connect-failure, refused-stream]}
      {{- with $.Values.ingress.hstsSeconds }}
      responseHeadersPolicy:
        set: [{name: Strict-Transport-Security, value: "max-age={{ int64 . }}"}]
      {{- end }}
      services:
        - name: {{ include "ping.fullname" $ | quote }}
          port: {{ $.Values.tls.port }}
          protocol: tls
          validation:
            caSecret: {{ default $.Values.tls.secretName $.Values.ingress.authoritySecretName | quote }}
            subjectName: {{ $.Values.ingress.subject | quote }}
    {{- end }}
{{- end }}
{{- end }}
