{{- define "terngrad.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- /* Name of every object of the release. */}}
{{- define "terngrad.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "terngrad.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "terngrad.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Cluster-scoped objects carry the namespace too: two releases of one name do not meet. */}}
{{- define "terngrad.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "terngrad.fullname" .) }}
{{- end }}

{{- define "terngrad.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "terngrad.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name is needed where serviceAccount.create is false: name the account that the operator runs as" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "terngrad.testNamespace" -}}
{{- default (default .Release.Namespace (first .Values.watchNamespaces)) .Values.tests.namespace }}
{{- end }}

{{- define "terngrad.testName" -}}
{{- printf "%s-test" (include "terngrad.fullname" . | trunc 40 | trimSuffix "-") }}
{{- end }}
