// The yardstick: GET /ping with net/http and the same metrics, as a Go programmer would write it.
//
// Its arguments are the address to listen on, and "limits" for the limits that our service always has.
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

var buckets = []float64{
	0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
}

func main() {
	received := prometheus.NewCounter(prometheus.CounterOpts{Name: "ping_requests_received_total", Help: "Received."})
	failures := prometheus.NewCounter(prometheus.CounterOpts{Name: "ping_failures_total", Help: "Failed."})
	latency := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "ping_request_duration_seconds", Help: "Latency.", Buckets: buckets,
	}, []string{"method", "code"})
	prometheus.MustRegister(received, failures, latency)
	answered := latency.WithLabelValues("GET", "200")
	failed := latency.WithLabelValues("POST", "500")
	pong := []byte("pong")

	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		received.Inc()
		header := w.Header()
		header.Set("Content-Type", "text/plain; charset=utf-8")
		header.Set("Cache-Control", "no-store")
		w.Write(pong)
		answered.Observe(time.Since(started).Seconds())
	})
	mux.HandleFunc("POST /ping", func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		received.Inc()
		failures.Inc()
		http.Error(w, "simulated failure", http.StatusInternalServerError)
		failed.Observe(time.Since(started).Seconds())
	})
	mux.Handle("GET /-/metrics", promhttp.Handler())

	server := &http.Server{Addr: os.Args[1], Handler: mux}
	if len(os.Args) > 2 && os.Args[2] == "limits" {
		server.ReadHeaderTimeout = 10 * time.Second
		server.ReadTimeout = 20 * time.Second
		server.WriteTimeout = 20 * time.Second
		server.IdleTimeout = 75 * time.Second
		server.MaxHeaderBytes = 16384
	}
	log.Fatal(server.ListenAndServe())
}
