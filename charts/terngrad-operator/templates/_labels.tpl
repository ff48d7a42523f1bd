{{- /* What selects the operator's pods; may never change between versions. */}}
{{- define "terngrad.selectorLabels" -}}
app.kubernetes.io/name: {{ include "terngrad.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "terngrad.labels" -}}
{{ include "terngrad.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: terngrad
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end }}

{{- /* On every pod of every job; the operator writes them. */}}
{{- define "terngrad.workerLabels" -}}
app.kubernetes.io/name: terngrad-job
app.kubernetes.io/managed-by: terngrad-operator
{{- end }}

{{- define "terngrad.monitoringNamespace" -}}
{{- $parts := splitn "=" 2 .Values.metrics.namespaceLabel -}}
{{ $parts._0 }}: {{ $parts._1 | quote }}
{{- end }}
