{{- if .Values.rbac.create }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
rules: {{ toJson .Values.rbac.rules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "ping.fullname" . | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ include "ping.serviceAccount" . | quote }}
    namespace: {{ .Release.Namespace | quote }}
{{- end }}
