// Package plugins registers the ways that Prometheus finds its targets: those that a cluster needs.
//
// Upstream's file registers a way for every cloud, which takes most of the time that a build takes.
package plugins

import (
	_ "github.com/prometheus/prometheus/discovery/dns"
	_ "github.com/prometheus/prometheus/discovery/file"
	_ "github.com/prometheus/prometheus/discovery/http"
	_ "github.com/prometheus/prometheus/discovery/kubernetes"
)
