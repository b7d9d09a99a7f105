{{- $ports := list .Values.service.port .Values.service.metricsPort }}
{{- if .Values.tls.enabled }}{{ $ports = append $ports .Values.tls.port }}{{ end }}
{{- if ne (len $ports) (len (uniq (toStrings $ports))) }}
{{- fail (printf "service.port, service.metricsPort, tls.port: found %v, expected each of its own" $ports) }}
{{- end }}
apiVersion: {{ include "ping.workloadVersion" . }}
kind: {{ include "ping.workloadKind" . }}
metadata:
  {{- include "ping.metadata" . | nindent 2 }}
spec:
  {{- if .Values.autoscaling.enabled }}
  # What it begins with. Then the autoscaler says how many: an upgrade by Helm keeps that, and so does k8s_apply.
  {{- $live := lookup (include "ping.workloadVersion" .) (include "ping.workloadKind" .) .Release.Namespace (include "ping.fullname" .) }}
  replicas: {{ dig "spec" "replicas" (int .Values.autoscaling.minReplicas) $live }}
  {{- else }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "ping.selectorLabels" . | nindent 6 }}
  {{- if .Values.canary.enabled }}
  {{- include "ping.canary" . | nindent 2 }}
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  {{- end }}
  template:
    metadata:
      labels:
        {{- include "ping.labels" . | nindent 8 }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: ping
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "ping.serviceAccount" . | quote }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ add .Values.drain.delaySeconds .Values.drain.timeoutSeconds 10 }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile: {type: RuntimeDefault}
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      containers:
        - name: ping
          image: {{ include "ping.image" . | quote }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          ports:
            - {name: http, containerPort: {{ .Values.service.port }}, protocol: TCP}
            - {name: http-metrics, containerPort: {{ .Values.service.metricsPort }}, protocol: TCP}
            {{- if .Values.tls.enabled }}
            - {name: tls-app, containerPort: {{ .Values.tls.port }}, protocol: TCP}
            {{- end }}
          env:
            - {name: SERVICE__PORT, value: {{ .Values.service.port | quote }}}
            - {name: SERVICE__METRICS_PORT, value: {{ .Values.service.metricsPort | quote }}}
            {{- with .Values.target }}
            - {name: TARGET, value: {{ . | quote }}}
            {{- end }}
            - {name: DRAIN__DELAY_SECONDS, value: {{ .Values.drain.delaySeconds | quote }}}
            - {name: DRAIN__TIMEOUT_SECONDS, value: {{ .Values.drain.timeoutSeconds | quote }}}
            - {name: FAULTS__ENABLED, value: {{ .Values.faults.enabled | quote }}}
            - {name: PLACE__REGION, value: {{ .Values.region | quote }}}
            - {name: PLACE__CLUSTER, value: {{ .Values.cluster | quote }}}
            - name: PLACE__NAMESPACE
              valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
            - name: PLACE__POD
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
            {{- if .Values.tls.enabled }}
            - {name: TLS__PORT, value: {{ .Values.tls.port | quote }}}
            - {name: TLS__CERT_FILE, value: /tls/tls.crt}
            - {name: TLS__KEY_FILE, value: /tls/tls.key}
            {{- end }}
            {{- range $name, $value := .Values.settings }}
            - {name: {{ $name }}, value: {{ ternary $value (toJson $value) (kindIs "string" $value) | quote }}}
            {{- end }}
          # On the metrics port: it answers until the very end of a drain, and no flood of pings can take its place.
          startupProbe:
            httpGet: {path: /healthz, port: http-metrics}
            {{- toYaml .Values.probes.startup | nindent 12 }}
          livenessProbe:
            httpGet: {path: /healthz, port: http-metrics}
            {{- toYaml .Values.probes.liveness | nindent 12 }}
          readinessProbe:
            httpGet: {path: /readyz, port: http-metrics}
            {{- toYaml .Values.probes.readiness | nindent 12 }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            privileged: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          {{- if .Values.tls.enabled }}
          volumeMounts:
            # The whole folder: a file mounted by subPath would never change.
            - {name: tls, mountPath: /tls, readOnly: true}
          {{- end }}
      {{- if .Values.tls.enabled }}
      volumes:
        - name: tls
          secret: {secretName: {{ .Values.tls.secretName | quote }}, defaultMode: 0440}
      {{- end }}
      {{- if .Values.topologySpread.enabled }}
      topologySpreadConstraints:
        {{- range .Values.topologySpread.keys }}
        - maxSkew: 1
          topologyKey: {{ . | quote }}
          whenUnsatisfiable: {{ $.Values.topologySpread.whenUnsatisfiable }}
          labelSelector:
            matchLabels:
              {{- include "ping.selectorLabels" $ | nindent 14 }}
          matchLabelKeys: [{{ ternary "rollouts-pod-template-hash" "pod-template-hash" $.Values.canary.enabled }}]
        {{- end }}
      {{- end }}
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
