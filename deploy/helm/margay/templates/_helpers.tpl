{{/* Name of everything of this release: the release's own where it says margay already. The names of a StatefulSet's pods
carry 11 characters more in a label that takes 63, so "-server" must end at the 52nd. */}}
{{- define "margay.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $full := .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name)) -}}
{{- $full | trunc 45 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels of every object. Argument: a list of the root and the component. */}}
{{- define "margay.labels" -}}
{{- $root := index . 0 -}}
{{ include "margay.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: margay
app.kubernetes.io/managed-by: {{ $root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{- define "margay.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: margay
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Argument: a list of the root and agent or server. */}}
{{- define "margay.image" -}}
{{- $root := index . 0 -}}
{{- printf "%s/margay-%s:%s" $root.Values.image.registry (index . 1) ($root.Values.image.tag | default $root.Chart.AppVersion) -}}
{{- end -}}

{{- define "margay.tlsSecret" -}}
{{- .Values.tls.existingSecret | default (printf "%s-tls" (include "margay.fullname" .)) -}}
{{- end -}}

{{- define "margay.server" -}}
{{- printf "%s-server" (include "margay.fullname" .) -}}
{{- end -}}

{{/* The ClusterRole that lets people read, and the service account that has it. */}}
{{- define "margay.viewer" -}}
{{- printf "%s-viewer" (include "margay.fullname" .) -}}
{{- end -}}

{{- define "margay.agent" -}}
{{- printf "%s-agent" (include "margay.fullname" .) -}}
{{- end -}}

{{/* host:port, with brackets where the host has colons. Argument: a list of host and port. */}}
{{- define "margay.address" -}}
{{- $host := index . 0 -}}
{{- if contains ":" $host }}[{{ $host }}]{{ else }}{{ $host }}{{ end }}:{{ index . 1 }}
{{- end -}}

{{/* Names under which people may ask for the console. */}}
{{- define "margay.hosts" -}}
{{- $server := include "margay.server" . -}}
{{- $inNamespace := printf "%s.%s" $server .Release.Namespace -}}
{{- concat (list $server $inNamespace (printf "%s.svc" $inNamespace) (printf "%s.svc.cluster.local" $inNamespace)) .Values.server.allowHosts | uniq | join "," | lower -}}
{{- end -}}

{{/* Whom the agents' tokens are for: this release's server and no other. */}}
{{- define "margay.audience" -}}
{{- printf "%s.%s" (include "margay.server" .) .Release.Namespace -}}
{{- end -}}
