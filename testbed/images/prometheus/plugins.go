// Package plugins registers the service discoveries that this Prometheus has beside files and static targets.
package plugins

import _ "github.com/prometheus/prometheus/discovery/kubernetes"
