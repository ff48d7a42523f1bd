{{- /*
All rights of the operator, in two lists; a test compares them with the calls it makes. No wildcard. Secrets are read
by name and never listed or watched. What a job leaves behind goes by its owner reference, so there is little to delete.
*/}}

{{- /* In every namespace whose jobs it carries out. */}}
{{- define "terngrad.jobRules" -}}
- apiGroups: [terngrad.dev]
  resources: [terngradjobs]
  # delete: ttlSecondsAfterFinished
  verbs: [delete, get, list, watch]
- apiGroups: [terngrad.dev]
  resources: [terngradjobs/status]
  verbs: [patch]
# No call of the operator: where OwnerReferencesPermissionEnforcement is on, the API server asks for it
# before it takes an owner reference with blockOwnerDeletion.
- apiGroups: [terngrad.dev]
  resources: [terngradjobs/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [pods]
  verbs: [create, delete, get, list, watch]
- apiGroups: [""]
  resources: [services]
  verbs: [create, get, list, patch, watch]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [create, get, list, patch, watch]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create, get, patch]
# The kubelet's words on why a pod does not start.
- apiGroups: [""]
  resources: [events]
  verbs: [list]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{- /* In its own namespace. */}}
{{- define "terngrad.ownRules" -}}
# The certificate authority of this install. A right to create cannot be limited to a name.
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [terngrad-operator-authority]
  verbs: [get, update]
{{- if .Values.leaderElection.enabled }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ .Values.leaderElection.leaseName }}]
  verbs: [get, update]
{{- end }}
{{- end }}
