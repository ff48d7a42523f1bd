{{- define "terngrad.testLabels" -}}
app.kubernetes.io/name: {{ include "terngrad.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
app.kubernetes.io/part-of: terngrad
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- /* What failed stays for a look at it, until the next test. Call with (list weight): rights, job, pod. */}}
{{- define "terngrad.testAnnotations" -}}
helm.sh/hook: test
helm.sh/hook-weight: {{ index . 0 | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
