{{- define "ark-broker.selector" -}}
app.kubernetes.io/name: ark-broker
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- /* Name, namespace, labels and annotations of an object. */}}
{{- define "ark-broker.metadata" -}}
{{- $ := .chart -}}
name: {{ .name | quote }}
namespace: {{ $.Release.Namespace | quote }}
labels:
  {{- include "ark-broker.selector" $ | nindent 2 }}
  app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ $.Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" }}
annotations:
  ark.mckinsey.com/service: ark-broker
  {{- range $key, $value := .annotations }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
{{- end }}

{{- define "ark-broker.podAnnotations" -}}
ark.mckinsey.com/service: ark-broker
{{- if .Values.prometheus.enable }}
prometheus.io/scrape: "true"
prometheus.io/port: "8080"
prometheus.io/path: /metrics
{{- end }}
{{- end }}

{{- define "ark-broker.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "ark-broker.claim" -}}
{{ .Values.persistence.existingClaim | default (printf "%s-data" .Values.name) }}
{{- end }}

{{- /* KEEP_BYTES, or nothing. */}}
{{- define "ark-broker.keepBytes" -}}
{{- $keep := .Values.broker.keepBytes | toString -}}
{{- if eq $keep "auto" -}}
{{- if not .Values.persistence.existingClaim -}}
{{- $size := .Values.persistence.size -}}
{{- $unit := regexFind "[MGT]" $size -}}
{{- $mebibytes := mul (regexFind "^[0-9]+" $size | int64) (get (dict "M" 1 "G" 1024 "T" 1048576) $unit) -}}
{{ div (mul $mebibytes 3) 4 }}M
{{- end -}}
{{- else if ne $keep "all" -}}
{{ $keep }}
{{- end -}}
{{- end }}
